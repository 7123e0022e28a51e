//! Time-based one-time codes (RFC 6238) as authenticator apps make them: SHA-1, six digits, thirty seconds.

use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

use crate::secrets::equal;

const STEP_SECONDS: i64 = 30;
const DIGITS: usize = 6;
const ISSUER: &str = "Inventiv";

/// 160 random bits, as long as the hash.
pub fn generate_secret() -> [u8; 20] {
    rand::random()
}

/// The secret as people type it, when they can't scan.
pub fn base32(secret: &[u8]) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut text = String::with_capacity(secret.len().div_ceil(5) * 8);
    let (mut buffer, mut bits) = (0u32, 0);
    for byte in secret {
        buffer = (buffer << 8 | u32::from(*byte)) & 0xfff;
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            text.push(ALPHABET[(buffer >> bits) as usize & 31] as char);
        }
    }
    if bits > 0 {
        text.push(ALPHABET[(buffer << (5 - bits)) as usize & 31] as char);
    }
    text
}

/// What the QR code says. `account` is what the app shows beside the issuer.
pub fn uri(secret: &[u8], account: &str) -> String {
    let account: String = form_urlencoded::byte_serialize(account.as_bytes()).collect();
    // Apps read percent-encoding, not the plus signs of forms.
    let account = account.replace('+', "%20");
    format!(
        "otpauth://totp/{ISSUER}:{account}?secret={}&issuer={ISSUER}&algorithm=SHA1&digits={DIGITS}&period={STEP_SECONDS}",
        base32(secret)
    )
}

/// The time step that a code belongs to: the current one or a neighbour, and later than the last one that was used. Takes as long
/// for a wrong code as for a right one.
pub fn matching_step(secret: &[u8], code: &str, now: DateTime<Utc>, used: Option<i64>) -> Option<i64> {
    let digits: String = code.chars().filter(|character| !character.is_whitespace()).collect();
    let current = now.timestamp().div_euclid(STEP_SECONDS);
    let mut matching = None;
    for step in [current - 1, current, current + 1] {
        let is_right = equal(code_at(secret, step).as_bytes(), digits.as_bytes());
        let is_fresh = used.is_none_or(|used| step > used);
        if is_right && is_fresh {
            matching = Some(step);
        }
    }
    matching
}

/// The code of a time step.
pub fn code_at(secret: &[u8], step: i64) -> String {
    let mut mac =
        Hmac::<Sha1>::new_from_slice(secret).unwrap_or_else(|_| unreachable!("HMAC takes keys of any length"));
    mac.update(&step.to_be_bytes());
    let hash = mac.finalize().into_bytes();
    let offset = usize::from(hash[19] & 15);
    let number = u32::from_be_bytes([
        hash[offset] & 0x7f,
        hash[offset + 1],
        hash[offset + 2],
        hash[offset + 3],
    ]);
    format!("{:0DIGITS$}", number % 10u32.pow(DIGITS as u32))
}

/// The code of a moment.
pub fn code_now(secret: &[u8], now: DateTime<Utc>) -> String {
    code_at(secret, now.timestamp().div_euclid(STEP_SECONDS))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"12345678901234567890";

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    #[test]
    fn codes_are_those_of_the_standard() {
        // The last six of the eight digits in RFC 6238, appendix B.
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(code_now(SECRET, at(seconds)), code, "{seconds}");
        }
    }

    #[test]
    fn a_code_works_a_step_around_its_time_and_only_once() {
        let now = at(1_234_567_890);
        let step = 1_234_567_890 / 30;
        for (offset, works) in [(-60, false), (-30, true), (0, true), (30, true), (60, false)] {
            let code = code_now(SECRET, at(1_234_567_890 + offset));
            assert_eq!(matching_step(SECRET, &code, now, None).is_some(), works, "{offset}");
        }
        assert_eq!(matching_step(SECRET, "005 924", now, None), Some(step));
        assert_eq!(matching_step(SECRET, "005924", now, Some(step - 1)), Some(step));
        assert_eq!(matching_step(SECRET, "005924", now, Some(step)), None, "used");
        for wrong in ["", "00592", "0059240", "５", "005925"] {
            assert_eq!(matching_step(SECRET, wrong, now, None), None, "{wrong:?}");
        }
    }

    #[test]
    fn secrets_are_written_in_base32() {
        // RFC 4648, section 10, without the padding.
        for (bytes, text) in [("", ""), ("f", "MY"), ("fo", "MZXQ"), ("foobar", "MZXW6YTBOI")] {
            assert_eq!(base32(bytes.as_bytes()), text);
        }
        assert_eq!(
            uri(SECRET, "ann lee@example.test"),
            "otpauth://totp/Inventiv:ann%20lee%40example.test?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Inventiv&algorithm=SHA1&digits=6&period=30"
        );
    }
}
