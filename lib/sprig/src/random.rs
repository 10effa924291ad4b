//! Random functions: seeded, so that the same input gives the same text; each use is noted.

use oarlock_go_template::{Context, Error, Function, Value};
use rand_chacha::rand_core::RngCore;

use super::state::random;
use oarlock_go::encoding::base64;
use oarlock_go_template::arguments::{INT, Outcome, TEXT, int, text};

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new("randAlphaNum", &[INT], |cx, a| {
        letters(cx, a, "randAlphaNum", |c| c.is_ascii_alphanumeric())
    }),
    Function::new("randAlpha", &[INT], |cx, a| letters(cx, a, "randAlpha", |c| c.is_ascii_alphabetic())),
    Function::new("randAscii", &[INT], |cx, a| {
        letters(cx, a, "randAscii", |c| c.is_ascii_graphic() || c == ' ')
    }),
    Function::new("randNumeric", &[INT], |cx, a| letters(cx, a, "randNumeric", |c| c.is_ascii_digit())),
    Function::new("randBytes", &[INT], rand_bytes),
    Function::new("randInt", &[INT, INT], rand_int),
    Function::new("shuffle", &[TEXT], shuffle),
    Function::new("uuidv4", &[], uuid),
];

/// A number below a bound, all equally likely.
pub(super) fn below(rng: &mut impl RngCore, bound: u64) -> u64 {
    let zone = u64::MAX - u64::MAX % bound;
    loop {
        let number = rng.next_u64();
        if number < zone {
            return number % bound;
        }
    }
}

fn letters(cx: &mut Context<'_>, a: &[Value], name: &'static str, among: fn(char) -> bool) -> Outcome {
    // A negative count is an error that sprig drops.
    let count = usize::try_from(int(a, 0)).unwrap_or(0);
    cx.reserve(count)?;
    let choice: Vec<char> = (' '..='~').filter(|c| among(*c)).collect();
    let mut rng = random(cx, name);
    let bound = u64::try_from(choice.len()).unwrap_or(1);
    let pick = |_| choice[usize::try_from(below(&mut rng, bound)).unwrap_or(0)];
    Ok((0..count).map(pick).collect::<String>().into())
}

fn rand_bytes(cx: &mut Context<'_>, a: &[Value]) -> Outcome {
    let count =
        usize::try_from(int(a, 0)).map_err(|_| Error::new("runtime error: makeslice: len out of range"))?;
    cx.reserve(count.saturating_mul(2))?;
    let mut bytes = vec![0; count];
    random(cx, "randBytes").fill_bytes(&mut bytes);
    Ok(base64(&bytes).into())
}

fn rand_int(cx: &mut Context<'_>, a: &[Value]) -> Outcome {
    let (least, end) = (int(a, 0), int(a, 1));
    let span = end.checked_sub(least).and_then(|span| u64::try_from(span).ok()).filter(|span| *span > 0);
    let span = span.ok_or_else(|| Error::new("invalid argument to Intn"))?;
    let offset = below(&mut random(cx, "randInt"), span);
    Ok(Value::int(least.saturating_add_unsigned(offset)))
}

fn shuffle(cx: &mut Context<'_>, a: &[Value]) -> Outcome {
    let mut chars: Vec<char> = text(a, 0).to_text().chars().collect();
    let mut rng = random(cx, "shuffle");
    for index in (1..chars.len()).rev() {
        let other = below(&mut rng, u64::try_from(index + 1).unwrap_or(1));
        chars.swap(index, usize::try_from(other).unwrap_or(0));
    }
    Ok(chars.into_iter().collect::<String>().into())
}

fn uuid(cx: &mut Context<'_>, _: &[Value]) -> Outcome {
    let mut bytes = [0; 16];
    random(cx, "uuidv4").fill_bytes(&mut bytes);
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = data_encoding::HEXLOWER.encode(&bytes);
    let parts = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]];
    Ok(parts.join("-").into())
}
