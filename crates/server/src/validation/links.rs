//! What programs that show mails turn into links, and what people take for one.
//!
//! No list of top-level domains: there are new ones every month. A letter or digit, a dot and two letters are a host, whatever
//! stands around them. That also refuses "Node.js"; "3.5 t", "U.S. Team" and "St. Mary's" pass.

use std::net::{Ipv4Addr, Ipv6Addr};

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// What opens another program without `//`.
const SCHEMES: [&str; 26] = [
    "about",
    "bitcoin",
    "callto",
    "data",
    "facetime",
    "file",
    "ftp",
    "geo",
    "http",
    "https",
    "hxxp",
    "hxxps",
    "intent",
    "javascript",
    "magnet",
    "mailto",
    "market",
    "sip",
    "sips",
    "skype",
    "sms",
    "tel",
    "urn",
    "vbscript",
    "webcal",
    "xmpp",
];

/// The ends of host names that people know. In a username any other word may follow a dot, as in `ada.lovelace`.
const KNOWN_ENDS: [&str; 28] = [
    "ai", "app", "biz", "click", "cloud", "cn", "co", "com", "de", "dev", "eu", "example", "fr", "info", "io", "link",
    "live", "net", "online", "org", "page", "ru", "shop", "site", "tech", "uk", "xyz", "zip",
];

/// Dots and slashes as people write them where a program would find a link.
const SPELLED_OUT: [(&str, &str); 12] = [
    ("[.]", "."),
    ("(.)", "."),
    ("{.}", "."),
    ("<.>", "."),
    ("[dot]", "."),
    ("(dot)", "."),
    ("[point]", "."),
    ("(point)", "."),
    ("[:]", ":"),
    ("%2e", "."),
    ("%2f", "/"),
    ("%3a", ":"),
];

/// An address with its scheme, an IP address, `www.`, or words joined by a dot, in whatever form the dot and the slash are written.
pub fn looks_like_a_link(text: &str) -> bool {
    let plain = plain(text);
    // What reads as an encoded word is decoded by programs that show mails, and may say anything then.
    plain.contains("=?")
        || plain.contains(":/")
        || plain.contains("//")
        || has_scheme(&plain)
        || has_ip_address(&plain)
        || plain.contains("www.")
        || has_host(&plain)
        || has_host_with_a_raised_dot(&plain)
}

/// As [`looks_like_a_link`], for a name that may hold dots between words.
pub fn username_looks_like_a_link(username: &str) -> bool {
    let plain = plain(username);
    let labels = || plain.split(|character: char| !character.is_alphanumeric());
    plain.starts_with("www.")
        || has_ip_address(&plain)
        || plain.contains('.') && labels().skip(1).any(|label| KNOWN_ENDS.contains(&label))
}

/// Lower case, without marks, with one form of each dot, colon and slash.
fn plain(text: &str) -> String {
    let plain: String = text
        .chars()
        .map(plain_punctuation)
        .nfkc()
        .map(plain_punctuation)
        .filter(|character| !is_combining_mark(*character))
        .collect();
    let plain = plain.to_lowercase();
    SPELLED_OUT
        .iter()
        .fold(plain, |plain, (spelled, sign)| plain.replace(spelled, sign))
}

fn plain_punctuation(character: char) -> char {
    match character {
        '\u{2024}' | '\u{3002}' | '\u{fe52}' | '\u{ff0e}' | '\u{ff61}' | '\u{2e3c}' | '\u{a4f8}' | '\u{a60e}'
        | '\u{6d4}' | '\u{701}' | '\u{702}' | '\u{10a50}' | '\u{1d16d}' => '.',
        '\u{2044}' | '\u{2215}' | '\u{29f8}' | '\u{2571}' | '\u{2cc6}' | '\u{338}' | '\\' => '/',
        '\u{a789}' | '\u{2236}' | '\u{fe13}' | '\u{5c3}' | '\u{2d0}' | '\u{589}' => ':',
        _ => character,
    }
}

/// Dots above the line. They are letters' neighbours in Catalan, Japanese and French: "Col·legi", "ジョン・スミス", "chercheur·es".
fn is_raised_dot(character: char) -> bool {
    matches!(
        character,
        '\u{b7}'
            | '\u{660}'
            | '\u{6f0}'
            | '\u{f0b}'
            | '\u{1427}'
            | '\u{16eb}'
            | '\u{2022}'
            | '\u{2027}'
            | '\u{2219}'
            | '\u{22c5}'
            | '\u{2e31}'
            | '\u{2e33}'
            | '\u{30fb}'
            | '\u{a78f}'
            | '\u{10101}'
    )
}

/// `a.bc`
fn has_host(plain: &str) -> bool {
    let characters: Vec<char> = plain.chars().collect();
    characters.windows(4).any(|near| {
        let is_name = !near[0].is_whitespace() && !near[0].is_ascii_punctuation();
        is_name && near[1] == '.' && near[2].is_alphabetic() && near[3].is_alphabetic()
    })
}

/// `a·com`
fn has_host_with_a_raised_dot(plain: &str) -> bool {
    let words = || plain.split(|character: char| !character.is_alphanumeric() && !is_raised_dot(character));
    words().any(|word| {
        let labels = word.split(is_raised_dot).skip(1);
        word.starts_with(char::is_alphanumeric) && labels.into_iter().any(|label| KNOWN_ENDS.contains(&label))
    })
}

/// `tel:1`. With a blank behind the colon it is a sentence.
fn has_scheme(plain: &str) -> bool {
    plain.match_indices(':').any(|(at, _)| {
        let goes_on = plain[at + 1..].starts_with(|next: char| !next.is_whitespace());
        let word = plain[..at]
            .rsplit(|character: char| !character.is_alphanumeric())
            .next();
        goes_on && word.is_some_and(|word| SCHEMES.contains(&word))
    })
}

fn has_ip_address(plain: &str) -> bool {
    let numbers = || plain.split(|character: char| !character.is_ascii_digit() && character != '.');
    let groups = || plain.split(|character: char| !character.is_alphanumeric() && !".:".contains(character));
    numbers().any(|word| word.trim_matches('.').parse::<Ipv4Addr>().is_ok())
        || groups().any(|word| word.contains(char::is_alphanumeric) && word.parse::<Ipv6Addr>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_people_and_companies_pass() {
        for name in [
            "Acme",
            "Acme GmbH & Co. KG",
            "St. Pauli",
            "St. Mary's",
            "Dr. No",
            "Dr.-Ing. Weiß",
            "J.R.R. Tolkien",
            "A.C.M.E.",
            "A.I. Lab",
            "U.S. Team",
            "U.S.-based",
            "S.p.A.",
            "v1.2",
            "v1.2.3",
            "3.5 t",
            "3.5t",
            "Version 3.5",
            "No. 1",
            "№ 1",
            "Acme, Inc.",
            "Acme Inc. (Paris)",
            "24/7 Help",
            "R&D / Lab",
            "50:50",
            "12:30:45",
            "Re:Invent",
            "Tel: 5",
            "Foo::Bar",
            "wwwhat",
            ".NET",
            "Team .NET",
            "Müller-Lüdenscheidt",
            "O'Neill",
            "Acme…",
            "Wait…what",
            "日本語",
            "株式会社。",
            "ジョン・スミス",
            "Col·legi de Metges",
            "Les chercheur·es",
            "Jr.",
            "Q: answers",
            "Really?",
            "1 = 1",
        ] {
            assert!(!looks_like_a_link(name), "{name}");
        }
    }

    #[test]
    fn whatever_stands_around_a_link_it_is_one() {
        let hosts = [
            "evil.com",
            "WWW.EVIL.COM",
            "evil．com",
            "evil。com",
            "evil｡com",
            "evil․com",
            "evil﹒com",
            "𝐞𝐯𝐢𝐥.𝐜𝐨𝐦",
            "ⓔⓥⓘⓛ.ⓒⓞⓜ",
        ];
        let more = [
            "evil.co.uk",
            "bücher.example",
            "evil.xn--p1ai",
            "ev\u{440}l.\u{440}\u{444}",
            "203.0.113.7",
            "[2001:db8::1]",
            "💩.la",
        ];
        let (before, after) = (
            ["", "(", "[", "“", "«", "‹", "【", "—", "＠", "→ ", "Go to ", "me@"],
            [
                "",
                "/login",
                ":80",
                "?x",
                "#x",
                "—log in here",
                "-login",
                "_x",
                "~x",
                "&x=1",
                "=1",
                "*",
                "'",
                "’s",
                "】",
                "›",
                "、now",
                "→",
                "+",
                "!now",
                "$",
                "^",
                "`",
                "¿",
                "…login",
                "‐a",
                "%2f",
                ".",
                "\u{301}",
                "\u{3000}x",
                "・login",
                ", now",
            ],
        );
        for host in hosts.into_iter().chain(more) {
            for (before, after) in before
                .iter()
                .flat_map(|before| after.iter().map(move |after| (before, after)))
            {
                let name = format!("{before}{host}{after}");
                assert!(looks_like_a_link(&name), "{name}");
            }
        }
    }

    #[test]
    fn schemes_and_spelled_out_dots_are_links() {
        for name in [
            "https://evil.example",
            "HTTPS://EVIL",
            "https:⁄⁄evil",
            "https：／／evil",
            "http:/evil",
            "http:evil",
            "hxxp:\\\\evil",
            "mailto:me",
            "tel:+4930123456",
            "ｔｅｌ：110",
            "Call tel:110",
            "javascript:x",
            "//evil",
            "www.evil",
            "evil·com",
            "evil•com",
            "evil・com",
            "evil٠com",
            "evil[.]com",
            "evil(dot)com",
            "evil%2ecom",
            "evil.\u{fe0f}com",
            "2001:db8::1",
            "::ffff:203.0.113.7",
            "=?utf-8?B?aHR0cHM6Ly9ldmlsLmNvbS9sb2dpbg==?=",
            "Acme =?utf-8?q?=68ttps=3A=2F=2Fevil=2Ecom?=",
            "＝？utf-8？q？x？＝",
        ] {
            assert!(looks_like_a_link(name), "{name}");
        }
    }

    #[test]
    fn a_username_has_dots_but_is_no_address() {
        for username in [
            "ada.lovelace",
            "j.r.r",
            "ada",
            "a.b-c_d",
            "com",
            "com.ada1",
            "v1.2",
            "wwwada",
        ] {
            assert!(!username_looks_like_a_link(username), "{username}");
        }
        for username in [
            "www.evil-site.com",
            "www.evil",
            "evil.com",
            "evil.com-login",
            "evil.com_x",
            "evil.com.login",
            "evil.co.uk",
            "203.0.113.7",
            "1.2.3.4-x",
        ] {
            assert!(username_looks_like_a_link(username), "{username}");
        }
    }
}
