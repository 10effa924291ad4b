//! X.509 certificates with the fields and extensions that sprig's have.

use std::net::IpAddr;
use std::time::Duration;

use der::asn1::{BitString, GeneralizedTime, Ia5String, OctetString, SetOfVec, UtcTime, Utf8StringRef};
use der::oid::AssociatedOid;
use der::{Any, Decode, Encode};
use sha1::{Digest, Sha1};
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::certificate::Version;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, KeyUsage, KeyUsages, SubjectAltName,
    SubjectKeyIdentifier,
};
use x509_cert::name::{Name, RdnSequence, RelativeDistinguishedName};
use x509_cert::serial_number::SerialNumber;
use x509_cert::time::{Time, Validity};
use x509_cert::{Certificate, TbsCertificate};

use super::key::{Key, to_pem};

/// What a certificate is to say.
pub(super) struct CertificateRequest {
    pub(super) name: String,
    pub(super) addresses: Vec<IpAddr>,
    pub(super) names: Vec<String>,
    /// Seconds since 1970.
    pub(super) from: i64,
    pub(super) days: i64,
    pub(super) serial: [u8; 16],
    pub(super) authority: bool,
}

/// Who signs: a name, and the identifier of the key.
pub(super) struct Issuer {
    name: Name,
    key_identifier: Option<OctetString>,
}

/// The subject of a certificate, as an issuer of others.
pub(super) fn subject(der: &[u8]) -> Result<Issuer, String> {
    let certificate = Certificate::from_der(der).map_err(|error| error.to_string())?;
    let tbs = certificate.tbs_certificate;
    let identifier = tbs.get::<SubjectKeyIdentifier>().map_err(|error| error.to_string())?;
    Ok(Issuer { name: tbs.subject, key_identifier: identifier.map(|(_, identifier)| identifier.0) })
}

/// A certificate as PEM: signed by the issuer, or by its own key.
pub(super) fn certificate(
    request: &CertificateRequest,
    key: &Key,
    issuer: Option<(Issuer, &Key)>,
) -> Result<String, String> {
    build(request, key, issuer).and_then(|(tbs, signer)| {
        let message = tbs.to_der().map_err(|error| error.to_string())?;
        let signature = signer.sign(&message)?;
        let certificate = Certificate {
            signature_algorithm: tbs.signature.clone(),
            tbs_certificate: tbs,
            signature: BitString::from_bytes(&signature).map_err(|error| error.to_string())?,
        };
        to_pem("CERTIFICATE", &certificate.to_der().map_err(|error| error.to_string())?)
    })
}

fn build<'k>(
    request: &CertificateRequest,
    key: &'k Key,
    issuer: Option<(Issuer, &'k Key)>,
) -> Result<(TbsCertificate, &'k Key), String> {
    let subject = name(&request.name).map_err(|error| error.to_string())?;
    let public = key.public()?;
    let own_identifier = OctetString::new(Sha1::digest(public.subject_public_key.raw_bytes()).to_vec())
        .map_err(|error| error.to_string())?;
    let (issuer, signer) = match issuer {
        Some((issuer, key)) => (issuer, key),
        None => (Issuer { name: subject.clone(), key_identifier: None }, key),
    };
    let extensions =
        extensions(request, &own_identifier, issuer.key_identifier).map_err(|error| error.to_string())?;
    let until = request.from.saturating_add(request.days.saturating_mul(86_400));
    let tbs = TbsCertificate {
        version: Version::V3,
        serial_number: SerialNumber::new(&request.serial).map_err(|error| error.to_string())?,
        signature: signer.algorithm(),
        issuer: issuer.name,
        validity: Validity { not_before: time(request.from)?, not_after: time(until)? },
        subject,
        subject_public_key_info: public,
        issuer_unique_id: None,
        subject_unique_id: None,
        extensions: Some(extensions),
    };
    Ok((tbs, signer))
}

fn name(common: &str) -> der::Result<Name> {
    let value = Any::from(Utf8StringRef::new(common)?);
    let attribute = AttributeTypeAndValue { oid: der::oid::db::rfc4519::CN, value };
    let set = SetOfVec::try_from(vec![attribute])?;
    Ok(RdnSequence(vec![RelativeDistinguishedName::from(set)]))
}

/// Two digits for the year up to 2049, four from then on.
fn time(seconds: i64) -> Result<Time, String> {
    let since = Duration::from_secs(u64::try_from(seconds).map_err(|_| "cannot represent time".to_owned())?);
    if let Ok(time) = UtcTime::from_unix_duration(since) {
        return Ok(Time::UtcTime(time));
    }
    GeneralizedTime::from_unix_duration(since).map(Time::GeneralTime).map_err(|error| error.to_string())
}

fn extensions(
    request: &CertificateRequest,
    own: &OctetString,
    issuer: Option<OctetString>,
) -> der::Result<Vec<Extension>> {
    let mut usages = KeyUsages::KeyEncipherment | KeyUsages::DigitalSignature;
    if request.authority {
        usages |= KeyUsages::KeyCertSign;
    }
    let purposes = vec![der::oid::db::rfc5280::ID_KP_SERVER_AUTH, der::oid::db::rfc5280::ID_KP_CLIENT_AUTH];
    let mut extensions = vec![
        extension(&KeyUsage(usages), true)?,
        extension(&ExtendedKeyUsage(purposes), false)?,
        extension(&BasicConstraints { ca: request.authority, path_len_constraint: None }, true)?,
    ];
    if request.authority {
        extensions.push(extension(&SubjectKeyIdentifier(own.clone()), false)?);
    }
    let authority = issuer.or_else(|| request.authority.then(|| own.clone()));
    if let Some(key_identifier) = authority.filter(|_| !request.authority) {
        let identifier =
            AuthorityKeyIdentifier { key_identifier: Some(key_identifier), ..Default::default() };
        extensions.push(extension(&identifier, false)?);
    }
    let mut names = Vec::new();
    for name in &request.names {
        names.push(GeneralName::DnsName(Ia5String::new(name)?));
    }
    for address in &request.addresses {
        let octets = match address {
            IpAddr::V4(address) => address.octets().to_vec(),
            IpAddr::V6(address) => address.octets().to_vec(),
        };
        names.push(GeneralName::IpAddress(OctetString::new(octets)?));
    }
    if !names.is_empty() {
        extensions.push(extension(&SubjectAltName(names), false)?);
    }
    Ok(extensions)
}

fn extension<E: AssociatedOid + Encode>(value: &E, critical: bool) -> der::Result<Extension> {
    Ok(Extension { extn_id: E::OID, critical, extn_value: OctetString::new(value.to_der()?)? })
}
