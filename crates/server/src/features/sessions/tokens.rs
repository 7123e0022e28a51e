//! Session tokens: signed pointers to a session row.

use chrono::{DateTime, Duration, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
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
    encoding: EncodingKey,
    decoding: DecodingKey,
}

/// A fresh token and the hash by which its session knows it.
pub struct Issued {
    pub token: String,
    pub token_hash: [u8; 32],
}

impl Tokens {
    pub fn new(master: &MasterSecret) -> Self {
        let key = master.derive("session-token", b"");
        Self {
            encoding: EncodingKey::from_secret(&key),
            decoding: DecodingKey::from_secret(&key),
        }
    }

    pub fn issue(
        &self,
        user_id: Uuid,
        session_id: Uuid,
        organization: Option<(Uuid, Role)>,
        now: DateTime<Utc>,
    ) -> anyhow::Result<Issued> {
        let jti = random_id();
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
        let token = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.encoding)?;
        Ok(Issued {
            token,
            token_hash: hash_of(jti),
        })
    }

    /// The claims of a token that we signed, expired or not: whether an expired one may still renew is the session's matter.
    pub fn read(&self, token: &str) -> Option<Claims> {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&[ISSUER]);
        validation.validate_exp = false;
        validation.required_spec_claims = ["exp", "iss", "sub"].map(str::to_owned).into();
        jsonwebtoken::decode::<Claims>(token, &self.decoding, &validation)
            .ok()
            .map(|data| data.claims)
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
    use super::*;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_700_000_000, 0).unwrap()
    }

    #[test]
    fn a_token_of_ours_is_read_and_any_other_is_not() {
        let tokens = Tokens::new(&MasterSecret::generate());
        let (user, session, organization) = (Uuid::from_u128(1), Uuid::from_u128(2), Uuid::from_u128(3));
        let issued = tokens
            .issue(user, session, Some((organization, Role::Admin)), now())
            .unwrap();
        let claims = tokens.read(&issued.token).unwrap();
        assert_eq!((claims.sub, claims.session_id), (user, session));
        assert_eq!(claims.current_organization_role, Some(Role::Admin));
        assert_eq!(hash_of(claims.jti), issued.token_hash);

        let foreign = Tokens::new(&MasterSecret::generate());
        assert!(foreign.read(&issued.token).is_none());
        let mut altered = issued.token.clone();
        altered.truncate(altered.len() - 2);
        assert!(tokens.read(&altered).is_none());
        assert!(tokens.read("not a token").is_none());
    }

    #[test]
    fn an_unsigned_token_is_refused() {
        let tokens = Tokens::new(&MasterSecret::generate());
        let issued = tokens.issue(Uuid::nil(), Uuid::nil(), None, now()).unwrap();
        let claims = issued.token.split('.').nth(1).unwrap();
        // {"alg":"none","typ":"JWT"}
        let unsigned = format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{claims}.");
        assert!(tokens.read(&unsigned).is_none());
    }
}
