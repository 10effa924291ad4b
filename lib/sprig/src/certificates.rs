//! Keys and certificates: real ones, made from the seed.

mod key;
mod prime;
mod x509;

use std::any::Any;
use std::net::IpAddr;

use oarlock_go_template::{Context, Error, Function, List, Object, ObjectType, Type, Value, fmt};
use rand_chacha::rand_core::RngCore;

use super::state::{now, random};
use key::{Key, pem_block};
use oarlock_go::encoding::decode_base64;
use oarlock_go_template::arguments::{INT, LIST, Outcome, TEXT, any, int, text};
use x509::CertificateRequest;

/// What sprig's functions for certificates give.
static CERTIFICATE: ObjectType = ObjectType { name: "sprig.certificate" };
const CERTIFICATE_TYPE: Type = Type::Object(&CERTIFICATE);
/// Bits of an RSA key for a certificate, and for `genPrivateKey`.
const CERTIFICATE_BITS: usize = 2048;
const PRIVATE_KEY_BITS: usize = 4096;

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new("genPrivateKey", &[TEXT], gen_private_key),
    Function::new("buildCustomCert", &[TEXT, TEXT], build_custom),
    Function::new("genCA", &[TEXT, INT], |cx, a| {
        let key = certificate_key(cx, "genCA")?;
        authority(cx, a, &key, "genCA")
    }),
    Function::new("genCAWithKey", &[TEXT, INT, TEXT], |cx, a| {
        let key = given_key(text(a, 2).as_bytes())?;
        authority(cx, a, &key, "genCAWithKey")
    }),
    Function::new("genSelfSignedCert", &[TEXT, LIST, LIST, INT], |cx, a| {
        let request = request(cx, a, "genSelfSignedCert")?;
        let key = certificate_key(cx, "genSelfSignedCert")?;
        finish(&request, &key, None)
    }),
    Function::new("genSelfSignedCertWithKey", &[TEXT, LIST, LIST, INT, TEXT], |cx, a| {
        let key = given_key(text(a, 4).as_bytes())?;
        let request = request(cx, a, "genSelfSignedCertWithKey")?;
        finish(&request, &key, None)
    }),
    Function::new("genSignedCert", &[TEXT, LIST, LIST, INT, CERTIFICATE_TYPE], |cx, a| {
        let key = certificate_key(cx, "genSignedCert")?;
        signed(cx, a, &key, "genSignedCert")
    }),
    Function::new("genSignedCertWithKey", &[TEXT, LIST, LIST, INT, CERTIFICATE_TYPE, TEXT], |cx, a| {
        let key = given_key(text(a, 5).as_bytes())?;
        signed(cx, a, &key, "genSignedCertWithKey")
    }),
];

/// A certificate and its key, both as PEM.
#[derive(Clone, Debug)]
struct Certificate {
    cert: String,
    key: String,
}

impl Object for Certificate {
    fn object_type(&self) -> &'static ObjectType {
        &CERTIFICATE
    }

    fn field(&self, name: &str) -> Option<Value> {
        self.fields().into_iter().find(|(field, _)| *field == name).map(|(_, value)| value)
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        vec![("Cert", self.cert.as_str().into()), ("Key", self.key.as_str().into())]
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn certificate_key(cx: &mut Context<'_>, function: &'static str) -> Result<Key, Error> {
    Key::rsa(&mut random(cx, function), CERTIFICATE_BITS)
        .map_err(|message| Error::new(format!("error generating rsa key: {message}")))
}

fn given_key(pem: &[u8]) -> Result<Key, Error> {
    Key::from_pem(pem).map_err(|message| Error::new(format!("parsing private key: {message}")))
}

fn gen_private_key(cx: &mut Context<'_>, a: &[Value]) -> Outcome {
    let kind = text(a, 0).to_text();
    let mut rng = random(cx, "genPrivateKey");
    let key = match &*kind {
        "" | "rsa" => Key::rsa(&mut rng, PRIVATE_KEY_BITS),
        "dsa" => return Ok(key::dsa(&mut rng).into()),
        "ecdsa" => Ok(Key::ecdsa(&mut rng)),
        "ed25519" => Ok(Key::ed25519(&mut rng)),
        other => return Ok(format!("Unknown type {other}").into()),
    };
    Ok(match key.and_then(|key| key.to_pem()) {
        Ok(pem) => pem.into(),
        Err(message) => format!("failed to generate private key: {message}").into(),
    })
}

fn build_custom(_: &mut Context<'_>, a: &[Value]) -> Outcome {
    let decode = |index: usize, what: &str| {
        decode_base64(text(a, index).as_bytes())
            .map_err(|_| Error::new(format!("unable to decode base64 {what}")))
    };
    let (cert, key) = (decode(0, "certificate")?, decode(1, "private key")?);
    let (_, der) = pem_block(&cert).ok_or_else(|| Error::new("unable to decode certificate"))?;
    x509::subject(&der)
        .map_err(|message| Error::new(format!("error parsing certificate: decodedCert.Bytes: {message}")))?;
    Key::from_pem(&key).map_err(|message| Error::new(format!("error parsing private key: {message}")))?;
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ok(Value::object(Certificate { cert: text(cert), key: text(key) }))
}

fn authority(cx: &mut Context<'_>, a: &[Value], key: &Key, function: &'static str) -> Outcome {
    let mut request = base(cx, a, int(a, 1), function);
    request.authority = true;
    finish(&request, key, None)
}

fn signed(cx: &mut Context<'_>, a: &[Value], key: &Key, function: &'static str) -> Outcome {
    let authority = match any(a, 4) {
        Value::Object(object) => object.as_any().downcast_ref::<Certificate>().cloned(),
        _ => None,
    };
    let authority = authority.ok_or_else(|| Error::new("unable to decode certificate"))?;
    let (_, der) =
        pem_block(authority.cert.as_bytes()).ok_or_else(|| Error::new("unable to decode certificate"))?;
    let issuer = x509::subject(&der).map_err(|message| {
        Error::new(format!("error parsing certificate: decodedSignerCert.Bytes: {message}"))
    })?;
    let issuer_key = Key::from_pem(authority.key.as_bytes())
        .map_err(|message| Error::new(format!("error parsing private key: {message}")))?;
    let request = request(cx, a, function)?;
    finish(&request, key, Some((issuer, &issuer_key)))
}

fn finish(request: &CertificateRequest, key: &Key, issuer: Option<(x509::Issuer, &Key)>) -> Outcome {
    let failed = |message: String| Error::new(format!("error creating certificate: {message}"));
    let cert = x509::certificate(request, key, issuer).map_err(failed)?;
    let key = key.to_pem().map_err(|message| Error::new(format!("error pem-encoding key: {message}")))?;
    Ok(Value::object(Certificate { cert, key }))
}

/// A request with a name, a time and a serial number.
fn base(cx: &mut Context<'_>, a: &[Value], days: i64, function: &'static str) -> CertificateRequest {
    let mut serial = [0; 16];
    random(cx, function).fill_bytes(&mut serial);
    CertificateRequest {
        name: text(a, 0).to_text().into_owned(),
        addresses: Vec::new(),
        names: Vec::new(),
        from: now(cx, function),
        days,
        serial,
        authority: false,
    }
}

/// A request with addresses and further names.
fn request(cx: &mut Context<'_>, a: &[Value], function: &'static str) -> Result<CertificateRequest, Error> {
    let mut request = base(cx, a, int(a, 3), function);
    for address in list(a, 1) {
        let Value::String(text) = address else {
            let shown = fmt::sprint(std::slice::from_ref(address))?;
            return Err(Error::new(format!("error parsing ip: {shown} is not a string")));
        };
        let parsed: Result<IpAddr, _> = text.to_text().parse();
        request.addresses.push(parsed.map_err(|_| Error::new(format!("error parsing ip: {text}")))?);
    }
    for name in list(a, 2) {
        let Value::String(text) = name else {
            let shown = fmt::sprint(std::slice::from_ref(name))?;
            let message = format!("error processing alternate dns name: {shown} is not a string");
            return Err(Error::new(message));
        };
        request.names.push(text.to_text().into_owned());
    }
    Ok(request)
}

fn list(a: &[Value], index: usize) -> &[Value] {
    any(a, index).as_list().map(List::items).unwrap_or_default()
}
