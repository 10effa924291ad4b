//! Passwords and ciphers: `bcrypt`, `htpasswd`, `derivePassword`, `encryptAES`, `decryptAES`.

mod derive;

use aes::Aes256;
use cbc::cipher::block_padding::{NoPadding, Pkcs7};
use cbc::cipher::{BlockDecryptMut, BlockEncryptMut, KeyIvInit};
use oarlock_go_template::{Context, Error, Function, Type, UintType, Value};
use rand_chacha::rand_core::RngCore;

use super::state::random;
use oarlock_go::encoding::{base64, decode_base64};
use oarlock_go_template::arguments::{Outcome, TEXT, any, slice, text};

/// The cost that Go takes when none is asked for.
const BCRYPT_COST: u32 = 10;
const BLOCK: usize = 16;

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new("bcrypt", &[TEXT], |cx, a| Ok(bcrypt(cx, text(a, 0).as_bytes(), "bcrypt").into())),
    Function::new("htpasswd", &[TEXT, TEXT], |cx, a| {
        let user = text(a, 0);
        if user.as_bytes().contains(&b':') {
            return Ok(format!("invalid username: {user}").into());
        }
        Ok(format!("{user}:{}", bcrypt(cx, text(a, 1).as_bytes(), "htpasswd")).into())
    }),
    Function::new("derivePassword", &[Type::Uint(UintType::Uint32), TEXT, TEXT, TEXT, TEXT], |_, a| {
        let counter = match any(a, 0) {
            Value::Uint(_, counter) => u32::try_from(*counter).unwrap_or(u32::MAX),
            _ => 0,
        };
        let part = |index: usize| text(a, index).as_bytes();
        Ok(derive::derive(counter, part(1), part(2), part(3), part(4)).into())
    }),
    Function::new("encryptAES", &[TEXT, TEXT], encrypt),
    Function::new("decryptAES", &[TEXT, TEXT], decrypt),
];

fn bcrypt(cx: &mut Context<'_>, password: &[u8], function: &'static str) -> String {
    if password.len() > 72 {
        return "failed to encrypt string with bcrypt: bcrypt: password length exceeds 72 bytes".to_owned();
    }
    let mut salt = [0; 16];
    random(cx, function).fill_bytes(&mut salt);
    hash(BCRYPT_COST, salt, password)
}

/// bcrypt's text of a password.
fn hash(cost: u32, salt: [u8; 16], password: &[u8]) -> String {
    // What is hashed ends in a zero byte, which no longer counts from 72 bytes on.
    let ended = [password, &[0]].concat();
    let hash = ::bcrypt::bcrypt(cost, salt, &ended[..ended.len().min(72)]);
    let letters = bcrypt_letters();
    // The last byte of the hash is left out, as by all implementations.
    format!("$2a${cost:02}${}{}", letters.encode(&salt), letters.encode(&hash[..23]))
}

/// bcrypt's own base64.
fn bcrypt_letters() -> data_encoding::Encoding {
    let mut specification = data_encoding::Specification::new();
    specification.symbols.push_str("./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789");
    specification.encoding().expect("64 different letters are an encoding")
}

/// The password, cut or filled up with zeros.
fn key(password: &[u8]) -> [u8; 32] {
    let mut key = [0; 32];
    for (into, from) in key.iter_mut().zip(password) {
        *into = *from;
    }
    key
}

fn encrypt(cx: &mut Context<'_>, a: &[Value]) -> Outcome {
    let plain = text(a, 1).as_bytes();
    if plain.is_empty() {
        return Ok("".into());
    }
    let mut iv = [0; BLOCK];
    random(cx, "encryptAES").fill_bytes(&mut iv);
    let encryptor = cbc::Encryptor::<Aes256>::new(&key(text(a, 0).as_bytes()).into(), &iv.into());
    let sealed = encryptor.encrypt_padded_vec_mut::<Pkcs7>(plain);
    Ok(base64(&[&iv[..], &sealed].concat()).into())
}

fn decrypt(_: &mut Context<'_>, a: &[Value]) -> Outcome {
    if text(a, 1).is_empty() {
        return Ok("".into());
    }
    let sealed = decode_base64(text(a, 1).as_bytes()).map_err(Error::new)?;
    let Some((iv, body)) = sealed.split_first_chunk::<BLOCK>() else {
        let capacity = text(a, 1).len() / 4 * 3;
        let message = format!("runtime error: slice bounds out of range [:{BLOCK}] with capacity {capacity}");
        return Err(Error::new(message));
    };
    let decryptor = cbc::Decryptor::<Aes256>::new(&key(text(a, 0).as_bytes()).into(), &(*iv).into());
    let plain = decryptor
        .decrypt_padded_vec_mut::<NoPadding>(body)
        .map_err(|_| Error::new("crypto/cipher: input not full blocks"))?;
    // The padding is believed, whatever it is.
    let Some(padding) = plain.last() else {
        return Err(Error::new("runtime error: index out of range [-1]"));
    };
    let length = i64::try_from(plain.len()).unwrap_or(i64::MAX) - i64::from(*padding);
    Ok(slice(&plain, 0, Some(length))?.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From the test suite of crypt_blowfish.
    #[test]
    fn hashes_passwords_as_others_do() {
        let salt = bcrypt_letters().decode(b"CCCCCCCCCCCCCCCCCCCCC.").unwrap().try_into().unwrap();
        for (password, hashed) in [
            ("U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
            ("U*U*", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK"),
        ] {
            assert_eq!(hash(5, salt, password.as_bytes()), hashed);
        }
    }
}
