//! Session tokens: signed pointers to a session row, in the form of a JWT under HS256.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Duration, Utc};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use uuid::Uuid;

use crate::permissions::Role;
use crate::secrets::{MasterSecret, sha256};

/// A token lives this long; from half of it on the cookie is renewed.
pub const TOKEN_LIFETIME: Duration = Duration::minutes(10);
/// A session nobody used for this long is over.
pub const IDLE_LIFETIME: Duration = Duration::hours(12);
/// A session is over after this long, used or not.
pub const SESSION_LIFETIME: Duration = Duration::days(30);
/// After a renewal the token before still works this long: requests under way keep their answer.
pub const OVERLAP: Duration = Duration::seconds(60);

const ISSUER: &str = "inventiv";
/// `{"typ":"JWT","alg":"HS256"}`, the one header there is. It is compared and never read: a token has no say in how it is checked.
const HEADER: &str = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9";
/// In bytes; ours have about 500.
const LONGEST: usize = 1024;

/// What a token says. Organization and role are hints for display; the database decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    iss: String,
    pub sub: Uuid,
    pub session_id: Uuid,
    pub current_organization_id: Option<Uuid>,
    pub current_organization_role: Option<Role>,
    pub jti: Uuid,
    pub iat: i64,
    pub exp: i64,
}

/// Signs and reads tokens.
#[derive(Clone)]
pub struct Tokens {
    mac: Hmac<Sha256>,
    successors: Hmac<Sha256>,
}

/// A fresh token and the hash by which its session knows it.
pub struct Issued {
    pub token: String,
    pub token_hash: [u8; 32],
}

impl Tokens {
    pub fn new(master: &MasterSecret) -> Self {
        let mac = |purpose: &str| {
            let key = master.derive(purpose, b"");
            Hmac::new_from_slice(&key).unwrap_or_else(|_| unreachable!("HMAC takes keys of any length"))
        };
        Self {
            mac: mac("session-token"),
            successors: mac("session-token-successor"),
        }
    }

    pub fn issue(
        &self,
        user_id: Uuid,
        session_id: Uuid,
        organization: Option<(Uuid, Role)>,
        now: DateTime<Utc>,
    ) -> anyhow::Result<Issued> {
        self.issue_as(random_id(), user_id, session_id, organization, now)
    }

    /// The one token that follows another in its session, whoever asks and however often: an answer that was lost on its way can be
    /// given again.
    pub fn issue_after(
        &self,
        before: &[u8],
        user_id: Uuid,
        session_id: Uuid,
        organization: Option<(Uuid, Role)>,
        now: DateTime<Utc>,
    ) -> anyhow::Result<Issued> {
        let mac = self.successors.clone().chain_update(session_id).chain_update(before);
        let mut jti = [0; 16];
        jti.copy_from_slice(&mac.finalize().into_bytes()[..16]);
        let jti = uuid::Builder::from_random_bytes(jti).into_uuid();
        self.issue_as(jti, user_id, session_id, organization, now)
    }

    fn issue_as(
        &self,
        jti: Uuid,
        user_id: Uuid,
        session_id: Uuid,
        organization: Option<(Uuid, Role)>,
        now: DateTime<Utc>,
    ) -> anyhow::Result<Issued> {
        let claims = Claims {
            iss: ISSUER.to_owned(),
            sub: user_id,
            session_id,
            current_organization_id: organization.map(|(id, _)| id),
            current_organization_role: organization.map(|(_, role)| role),
            jti,
            iat: now.timestamp(),
            exp: (now + TOKEN_LIFETIME).timestamp(),
        };
        Ok(Issued {
            token: self.sign(&claims)?,
            token_hash: hash_of(jti),
        })
    }

    fn sign(&self, claims: &Claims) -> anyhow::Result<String> {
        let claims = URL_SAFE_NO_PAD.encode(serde_json::to_vec(claims)?);
        let signed = format!("{HEADER}.{claims}");
        let signature = self.mac.clone().chain_update(&signed).finalize().into_bytes();
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    /// The claims of a token that we signed, expired or not: whether an expired one may still renew is the session's matter.
    pub fn read(&self, token: &str) -> Option<Claims> {
        if token.len() > LONGEST {
            return None;
        }
        let (signed, signature) = token.rsplit_once('.')?;
        let claims = signed.strip_prefix(HEADER)?.strip_prefix('.')?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        // In constant time. Nothing of the claims is looked at before.
        self.mac.clone().chain_update(signed).verify_slice(&signature).ok()?;
        let claims: Claims = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()?;
        (claims.iss == ISSUER).then_some(claims)
    }
}

/// How a session row stores the id of its current token.
pub fn hash_of(jti: Uuid) -> [u8; 32] {
    sha256(jti.as_bytes())
}

/// Unlike our other ids a token id must not be guessable.
fn random_id() -> Uuid {
    uuid::Builder::from_random_bytes(rand::random()).into_uuid()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What the library that signed tokens before (`jsonwebtoken`) made of [`golden_claims`] under [`golden_tokens`].
    const GOLDEN: &str = concat!(
        "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.",
        "eyJpc3MiOiJpbnZlbnRpdiIsInN1YiI6IjAwMDAwMDAwLTAwMDAtMDAwMC0wMDAwLTAwMDAwMDAwMDAwMSIsInNlc3Npb25faWQi",
        "OiIwMDAwMDAwMC0wMDAwLTAwMDAtMDAwMC0wMDAwMDAwMDAwMDIiLCJjdXJyZW50X29yZ2FuaXphdGlvbl9pZCI6IjAwMDAwMDAw",
        "LTAwMDAtMDAwMC0wMDAwLTAwMDAwMDAwMDAwMyIsImN1cnJlbnRfb3JnYW5pemF0aW9uX3JvbGUiOiJhZG1pbiIsImp0aSI6IjAw",
        "MDAwMDAwLTAwMDAtMDAwMC0wMDAwLTAwMDAwMDAwMDAwNCIsImlhdCI6MTcwMDAwMDAwMCwiZXhwIjoxNzAwMDAwNjAwfQ.",
        "sK3i-a6fblbPEnUvdxhbViudIyd-8TNGCaKip27velo",
    );

    fn golden_tokens() -> Tokens {
        Tokens::new(&MasterSecret::parse("BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc").unwrap())
    }

    fn golden_claims() -> Claims {
        Claims {
            iss: ISSUER.to_owned(),
            sub: Uuid::from_u128(1),
            session_id: Uuid::from_u128(2),
            current_organization_id: Some(Uuid::from_u128(3)),
            current_organization_role: Some(Role::Admin),
            jti: Uuid::from_u128(4),
            iat: 1_700_000_000,
            exp: 1_700_000_600,
        }
    }

    /// A token that says what it likes, signed with the right key.
    fn signed(tokens: &Tokens, header: &str, claims: &str) -> String {
        let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let signature = tokens.mac.clone().chain_update(&signed).finalize().into_bytes();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    #[test]
    fn a_token_of_ours_is_read_and_any_other_is_not() {
        let now = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        let tokens = Tokens::new(&MasterSecret::generate());
        let (user, session, organization) = (Uuid::from_u128(1), Uuid::from_u128(2), Uuid::from_u128(3));
        let issued = tokens
            .issue(user, session, Some((organization, Role::Admin)), now)
            .unwrap();
        let claims = tokens.read(&issued.token).unwrap();
        assert_eq!((claims.sub, claims.session_id), (user, session));
        assert_eq!(claims.current_organization_role, Some(Role::Admin));
        assert_eq!(hash_of(claims.jti), issued.token_hash);
        assert_eq!(claims.exp, (now + TOKEN_LIFETIME).timestamp());

        let foreign = Tokens::new(&MasterSecret::generate());
        assert!(foreign.read(&issued.token).is_none());
        assert!(tokens.read("not a token").is_none());
    }

    #[test]
    fn each_token_has_one_successor() {
        let now = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        let tokens = golden_tokens();
        let after = |tokens: &Tokens, before: &[u8], session: u128| {
            let issued = tokens.issue_after(before, Uuid::from_u128(1), Uuid::from_u128(session), None, now);
            issued.unwrap().token_hash
        };
        let first = after(&tokens, b"one", 2);
        assert_eq!(after(&tokens, b"one", 2), first);
        assert_ne!(after(&tokens, b"two", 2), first);
        assert_ne!(after(&tokens, b"one", 3), first);
        assert_ne!(after(&Tokens::new(&MasterSecret::generate()), b"one", 2), first);
    }

    #[test]
    fn tokens_have_the_form_that_they_always_had() {
        assert_eq!(golden_tokens().read(GOLDEN), Some(golden_claims()));
        assert_eq!(golden_tokens().sign(&golden_claims()).unwrap(), GOLDEN);
    }

    #[test]
    fn only_our_own_header_is_taken_whoever_signed() {
        let tokens = golden_tokens();
        let claims = serde_json::to_string(&golden_claims()).unwrap();
        let ours = r#"{"typ":"JWT","alg":"HS256"}"#;
        assert!(tokens.read(&signed(&tokens, ours, &claims)).is_some());
        for header in [
            r#"{"typ":"JWT","alg":"none"}"#,
            r#"{"typ":"JWT","alg":"HS512"}"#,
            r#"{"typ":"at+jwt","alg":"HS256"}"#,
            r#"{"alg":"HS256"}"#,
            r#"{"alg":"HS256","typ":"JWT"}"#,
            r#"{"typ":"JWT","alg":"HS256","kid":"1"}"#,
            "{}",
            "",
        ] {
            assert!(tokens.read(&signed(&tokens, header, &claims)).is_none(), "{header}");
        }
    }

    #[test]
    fn a_token_without_a_whole_signature_is_refused() {
        let (rest, signature) = GOLDEN.rsplit_once('.').unwrap();
        for cut in 0..signature.len() {
            let short = format!("{rest}.{}", &signature[..cut]);
            assert!(golden_tokens().read(&short).is_none(), "{cut}");
        }
        assert!(golden_tokens().read(rest).is_none());
    }

    #[test]
    fn signed_claims_of_another_shape_or_issuer_are_refused() {
        let (tokens, header) = (golden_tokens(), r#"{"typ":"JWT","alg":"HS256"}"#);
        let elsewhere = Claims {
            iss: "elsewhere".to_owned(),
            ..golden_claims()
        };
        let elsewhere = serde_json::to_string(&elsewhere).unwrap();
        for claims in [elsewhere.as_str(), "", "[]", "null", r#"{"iss":"inventiv"}"#, "no JSON"] {
            assert!(tokens.read(&signed(&tokens, header, claims)).is_none(), "{claims}");
        }
    }

    #[test]
    fn what_is_longer_than_any_token_is_not_looked_at() {
        let claims = serde_json::to_string(&golden_claims()).unwrap();
        let padded = format!("{claims}{}", " ".repeat(LONGEST));
        let tokens = golden_tokens();
        assert!(
            tokens
                .read(&signed(&tokens, r#"{"typ":"JWT","alg":"HS256"}"#, &padded))
                .is_none()
        );
    }

    proptest! {
        #[test]
        fn no_other_text_is_read(text in "\\PC{0,90}", segments in "[A-Za-z0-9_.=-]{0,200}") {
            let tokens = golden_tokens();
            for junk in [format!("{HEADER}.{segments}"), format!("{HEADER}.{text}.{segments}"), text, segments] {
                prop_assert!(tokens.read(&junk).is_none());
            }
        }

        #[test]
        fn one_changed_character_is_noticed(position in 0..GOLDEN.len(), replacement in any::<char>()) {
            let mut altered: Vec<char> = GOLDEN.chars().collect();
            prop_assume!(altered[position] != replacement);
            altered[position] = replacement;
            prop_assert!(golden_tokens().read(&altered.into_iter().collect::<String>()).is_none());
        }

        #[test]
        fn whatever_is_signed_is_read_back(ids in any::<[u128; 4]>(), role in 0..4usize, times in any::<[i64; 2]>()) {
            let claims = Claims {
                iss: ISSUER.to_owned(),
                sub: Uuid::from_u128(ids[0]),
                session_id: Uuid::from_u128(ids[1]),
                current_organization_id: Some(Uuid::from_u128(ids[2])),
                current_organization_role: Some(Role::ALL[role]),
                jti: Uuid::from_u128(ids[3]),
                iat: times[0],
                exp: times[1],
            };
            let token = golden_tokens().sign(&claims).unwrap();
            prop_assert_eq!(golden_tokens().read(&token), Some(claims));
        }
    }
}
