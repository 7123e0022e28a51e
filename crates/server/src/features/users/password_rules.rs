//! Which passwords are refused: short ones, and long ones that a guesser tries first. Lists of stolen passwords are full of the
//! latter, made by the same few habits: a weak word with digits behind it, a walk over the keyboard, something said again and
//! again, the account's own name. The habits are recognised here, so the list ([`weak_passwords.txt`]) stays short.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::passwords::normalised;
use crate::codes::FieldCode;
use crate::validation::Validation;

pub const SHORTEST_PASSWORD: usize = 12;
pub const LONGEST_PASSWORD: usize = 256;

/// What must remain of a password without the account's and the product's names.
const LEAST_OF_ITS_OWN: usize = 8;
/// Names shorter than this are part of too many words.
const SHORTEST_NAME: usize = 4;
/// A walk over the keyboard or the alphabet begins to count with this many keys.
const SHORTEST_WALK: usize = 3;
/// Characters beside walks that don't yet make a password of it.
const MOST_BESIDE_WALKS: usize = 3;
const PRODUCT: &str = "inventiv";

/// Weak words and passwords, letters only, in lower case.
static WEAK: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    include_str!("weak_passwords.txt")
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .collect()
});

/// Rows of keys, the alphabet, and columns of keys; walked in both directions.
const WALKS: [&str; 12] = [
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890123456789",
    "qwertyuiop[]",
    "asdfghjkl;'",
    "zxcvbnm,./",
    "azertyuiop^$",
    "qsdfghjklm",
    "wxcvbn,;:!",
    "qwertzuiop",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/",
    "!@#$%^&*()_+",
    "1q2w3e4r5t6y7u8i9o0p",
];

/// Checks a new password. `own_words` are what belongs to the account: e-mail, username, names, those of its organizations.
pub fn check_password(validation: &mut Validation, field: &str, password: &str, own_words: &[&str]) {
    // As it is hashed.
    let password = &normalised(password);
    let length = password.chars().count();
    let fits = (SHORTEST_PASSWORD..=LONGEST_PASSWORD).contains(&length);
    let message = format!("must have {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters");
    validation.check(
        fits,
        field,
        FieldCode::characters(SHORTEST_PASSWORD, LONGEST_PASSWORD),
        message,
    );
    if !fits {
        return;
    }
    let lower: Vec<char> = password.to_lowercase().chars().collect();
    let (holds, code, message) = if is_repetition(&lower) {
        (false, FieldCode::Repetition, "must not repeat the same few characters")
    } else if is_walk(&lower) {
        (
            false,
            FieldCode::Sequence,
            "must not be a row of neighbouring keys, letters or digits",
        )
    } else if is_common(&lower) {
        (
            false,
            FieldCode::CommonPassword,
            "is among the first that are tried: choose other words",
        )
    } else {
        let own = !is_own_name(&lower, own_words);
        (
            own,
            FieldCode::OwnName,
            "must not be made of your name, your address, your organization's or this product's name",
        )
    };
    validation.check(holds, field, code, message);
}

/// Something of at most a third of the length, said at least three times; or four different characters in all.
fn is_repetition(password: &[char]) -> bool {
    let different: HashSet<_> = password.iter().collect();
    let repeats = |period: usize| password.iter().zip(&password[period..]).all(|(a, b)| a == b);
    different.len() < 4 || (1..=password.len() / 3).any(repeats)
}

/// Nearly everything is part of walks.
fn is_walk(password: &[char]) -> bool {
    let (mut position, mut beside) = (0, 0);
    while position < password.len() {
        let rest = &password[position..];
        match longest_walk(rest) {
            length if length >= SHORTEST_WALK => position += length,
            _ => {
                beside += 1;
                position += 1;
            }
        }
    }
    beside <= MOST_BESIDE_WALKS
}

fn longest_walk(text: &[char]) -> usize {
    WALKS
        .iter()
        .flat_map(|walk| [walk.chars().collect::<Vec<_>>(), walk.chars().rev().collect()])
        .map(|walk| {
            let common = |start: usize| walk[start..].iter().zip(text).take_while(|(a, b)| a == b).count();
            (0..walk.len()).map(common).max().unwrap_or_default()
        })
        .max()
        .unwrap_or_default()
}

/// Weak words and decoration, nothing else. Digits that stand for letters are read as both.
fn is_common(password: &[char]) -> bool {
    let letters =
        |text: &mut dyn Iterator<Item = char>| text.filter(|letter| letter.is_alphabetic()).collect::<String>();
    let plain = letters(&mut password.iter().copied());
    let decorated = |character: &&char| !character.is_alphabetic();
    let start = password.iter().take_while(decorated).count();
    let end = password.len() - password.iter().rev().take_while(decorated).count();
    let core = password.get(start..end).unwrap_or_default();
    let decoded = letters(&mut core.iter().map(|character| decode(*character)));
    is_made_of_weak_words(&plain) || is_made_of_weak_words(&decoded)
}

fn decode(character: char) -> char {
    match character {
        '0' => 'o',
        '1' | '!' => 'i',
        '3' | '€' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        other => other,
    }
}

fn is_made_of_weak_words(letters: &str) -> bool {
    if letters.is_empty() {
        return false;
    }
    // reachable[n]: the first n bytes are words.
    let mut reachable = vec![false; letters.len() + 1];
    reachable[0] = true;
    for end in 1..=letters.len() {
        let ends_here =
            |start: usize| reachable[start] && letters.get(start..end).is_some_and(|word| WEAK.contains(word));
        reachable[end] = (end.saturating_sub(40)..end).any(ends_here);
    }
    reachable[letters.len()]
}

/// Too little is left without the names, or only what decorates them. Digits that stand for letters are read as both.
fn is_own_name(password: &[char], own_words: &[&str]) -> bool {
    let decoded: Vec<char> = password.iter().map(|character| decode(*character)).collect();
    [password, &decoded].into_iter().any(|text| {
        let rest = without_names(text, own_words);
        let little = rest.len() < LEAST_OF_ITS_OWN;
        // A password without any name in it was judged before.
        little || (rest.len() < text.len() && (is_repetition(&rest) || is_walk(&rest) || is_common(&rest)))
    })
}

fn without_names(password: &[char], own_words: &[&str]) -> Vec<char> {
    let mut rest: String = password.iter().collect();
    let mut names: Vec<String> = own_words
        .iter()
        .flat_map(|word| {
            let word = normalised(word).to_lowercase();
            let parts: Vec<_> = word.split(|c: char| !c.is_alphanumeric()).map(str::to_owned).collect();
            parts.into_iter().chain([word])
        })
        .chain([PRODUCT.to_owned()])
        .filter(|name| name.chars().count() >= SHORTEST_NAME)
        .collect();
    names.sort_by_key(|name| std::cmp::Reverse(name.len()));
    for name in &names {
        rest = rest.replace(name.as_str(), "");
    }
    rest.chars().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const OWN: [&str; 5] = [
        "margaret.hamilton@example.test",
        "mhamilton",
        "Margaret",
        "Hamilton",
        "Söderberg & Cie",
    ];

    fn refusal(password: &str) -> Option<String> {
        let mut validation = Validation::default();
        check_password(&mut validation, "password", password, &OWN);
        validation.finish().err().map(|error| error.fields[0].code.to_string())
    }

    #[test]
    fn passwords_that_are_tried_first_are_refused_with_the_reason() {
        let cases = [
            ("short", "length"),
            ("aaaaaaaaaaaa", "repetition"),
            ("abababababab", "repetition"),
            ("Xy7!Xy7!Xy7!", "repetition"),
            ("123456789012", "sequence"),
            ("qwertyuiop12", "sequence"),
            ("AzertyuioP123", "sequence"),
            ("1qaz2wsx3edc", "sequence"),
            ("abcdefghijkl", "sequence"),
            ("987654321000", "sequence"),
            ("qwertyuiopasdf", "sequence"),
            ("Password1234", "common_password"),
            ("P@ssw0rd!2024", "common_password"),
            ("passwordpassword", "common_password"),
            ("Adm1n-P4ssw0rd", "common_password"),
            ("Welcome2026!!", "common_password"),
            ("MotDePasse2026", "common_password"),
            ("Summer-2026-Winter", "common_password"),
            ("letmein!!!!!!", "common_password"),
            ("Inventiv2026!", "own_name"),
            ("margaret-2026", "own_name"),
            ("mhamilton@2026", "own_name"),
            ("margaret.hamilton@example.test", "own_name"),
            ("MARGARET-1969-!", "own_name"),
            ("margaret123456789", "own_name"),
            ("Margaret111111111", "own_name"),
            ("Hamilton-Password1", "own_name"),
            ("m4rg4r3t-2026!", "own_name"),
            ("Söderberg2026!", "own_name"),
        ];
        for (password, code) in cases {
            assert_eq!(refusal(password).as_deref(), Some(code), "{password}");
        }
    }

    #[test]
    fn passwords_of_unrelated_words_and_random_ones_are_fine() {
        for password in [
            "correct horse battery",
            "another good password",
            "Tr0ub4dor&3-and-more",
            "kW7#qpZx!2mV",
            "la baguette croustille à midi",
            "margaret likes violet umbrellas",
            "839204857261",
            "密码密码很长很长而且不常见的呀",
        ] {
            assert_eq!(refusal(password), None, "{password}");
        }
    }

    proptest! {
        #[test]
        fn generated_passwords_are_never_refused(password in "[a-km-zA-HJ-NP-Z2-9]{20}") {
            prop_assert_eq!(refusal(&password), None);
        }

        #[test]
        fn no_text_breaks_the_check(password in "\\PC{0,300}") {
            let _ = refusal(&password);
        }
    }
}
