//! Names, slugs and colours.

use crate::codes::FieldCode;
use crate::validation::Validation;

/// Colours given to new organizations in turn; dark enough for white text.
const COLORS: [&str; 8] = [
    "#4f46e5", "#0f766e", "#b45309", "#be123c", "#1d4ed8", "#7c3aed", "#15803d", "#a21caf",
];

/// What stands, or may stand one day, where a slug does: before a model's name and in addresses.
const RESERVED: [&str; 28] = [
    "admin",
    "anthropic",
    "api",
    "app",
    "auth",
    "chat",
    "console",
    "docs",
    "health",
    "healthz",
    "inventiv",
    "login",
    "metrics",
    "mock",
    "models",
    "null",
    "openai",
    "organizations",
    "personal",
    "platform",
    "public",
    "readyz",
    "system",
    "undefined",
    "v1",
    "v2",
    "worker",
    "workers",
];

pub fn check_name(validation: &mut Validation, name: &str) {
    validation.mailed_name("name", name, 1, 100);
}

pub fn check_slug(validation: &mut Validation, slug: &str) {
    let inner = |character: char| character.is_ascii_lowercase() || character.is_ascii_digit() || character == '-';
    let holds =
        (1..=48).contains(&slug.len()) && slug.chars().all(inner) && !slug.starts_with('-') && !slug.ends_with('-');
    validation.check(
        holds,
        "slug",
        FieldCode::Slug,
        "must have 1 to 48 lower-case letters, digits or inner dashes",
    );
    validation.check(
        !RESERVED.contains(&slug),
        "slug",
        FieldCode::Reserved,
        "is reserved: choose another",
    );
}

pub fn check_color(validation: &mut Validation, color: &str) {
    let digits = color.strip_prefix('#').unwrap_or_default();
    let holds = digits.len() == 6
        && digits
            .chars()
            .all(|digit| digit.is_ascii_digit() || ('a'..='f').contains(&digit));
    validation.check(
        holds,
        "color",
        FieldCode::Color,
        "must be a colour like #4f46e5, in lower case",
    );
}

/// A slug made from a name; `attempt` makes another one when it is taken.
pub fn slug_from_name(name: &str, attempt: u32) -> String {
    let mut slug = String::new();
    for character in name.to_lowercase().chars() {
        match character {
            'a'..='z' | '0'..='9' => slug.push(character),
            'à' | 'â' | 'ä' | 'á' => slug.push('a'),
            'é' | 'è' | 'ê' | 'ë' => slug.push('e'),
            'î' | 'ï' | 'í' => slug.push('i'),
            'ô' | 'ö' | 'ó' => slug.push('o'),
            'ù' | 'û' | 'ü' | 'ú' => slug.push('u'),
            'ç' => slug.push('c'),
            _ if !slug.ends_with('-') => slug.push('-'),
            _ => {}
        }
    }
    let slug: String = slug.trim_matches('-').chars().take(40).collect();
    let slug = slug.trim_matches('-');
    let slug = if slug.is_empty() { "organization" } else { slug };
    match attempt {
        0 if RESERVED.contains(&slug) => format!("{slug}-1"),
        0 => slug.to_owned(),
        _ => format!("{slug}-{}", attempt + 1),
    }
}

pub fn color_for(slug: &str) -> &'static str {
    let sum: usize = slug.bytes().map(usize::from).sum();
    COLORS[sum % COLORS.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_made_from_any_name_passes_its_own_rule() {
        for name in [
            "Inventiv IT",
            "  --A  b--",
            "Ünïcode Çafé",
            "日本",
            "x".repeat(100).as_str(),
            "a-",
            "1",
        ] {
            for attempt in [0, 1, 99] {
                let slug = slug_from_name(name, attempt);
                let mut validation = Validation::default();
                check_slug(&mut validation, &slug);
                assert!(validation.finish().is_ok(), "{name:?} → {slug:?}");
            }
        }
        assert_eq!(slug_from_name("Inventiv IT", 0), "inventiv-it");
    }

    #[test]
    fn colours_are_six_lower_case_digits() {
        for (color, good) in [
            ("#4f46e5", true),
            ("4f46e5", false),
            ("#4F46E5", false),
            ("#4f46e", false),
            ("#4f46eg", false),
        ] {
            let mut validation = Validation::default();
            check_color(&mut validation, color);
            assert_eq!(validation.finish().is_ok(), good, "{color}");
        }
    }
}
