//! Passkeys (WebAuthn): what a browser is asked to make or to sign, and whether the answer is good.
//!
//! A passkey belongs to a host name. It is the one of the public URL, or the one a browser uses where no URL is configured; a bare
//! IP address can't have passkeys.

use serde_json::Value;
use url::{Host, Url};
use uuid::Uuid;
use webauthn_rs::prelude::{
    CreationChallengeResponse, Passkey, PasskeyAuthentication, PasskeyRegistration, PublicKeyCredential,
    RegisterPublicKeyCredential, RequestChallengeResponse,
};
use webauthn_rs::{Webauthn, WebauthnBuilder};

use super::store::StoredPasskey;
use crate::codes::ErrorCode;
use crate::error::{Error, Result};
use crate::features::users::Profile;

/// What a passkey in a session signs for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    Registration,
    Reauthentication,
}

impl Purpose {
    pub fn as_str(self) -> &'static str {
        match self {
            Purpose::Registration => "registration",
            Purpose::Reauthentication => "reauthentication",
        }
    }
}

/// Something for a browser to do: its id, and the options as `navigator.credentials` wants them.
pub struct Ceremony {
    pub id: Uuid,
    pub options: Value,
}

/// Why there can't be passkeys under an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unavailable {
    HostName,
    Https,
}

impl Unavailable {
    pub fn code(self) -> ErrorCode {
        match self {
            Unavailable::HostName => ErrorCode::PasskeysNeedHostName,
            Unavailable::Https => ErrorCode::PasskeysNeedHttps,
        }
    }
}

impl From<Unavailable> for Error {
    fn from(reason: Unavailable) -> Self {
        Error::conflict(
            reason.code(),
            match reason {
                Unavailable::HostName => {
                    "Passkeys need a host name: this server is reached under a bare IP address. Set --public-url."
                }
                Unavailable::Https => "Passkeys need https (or localhost).",
            },
        )
    }
}

/// We, as browsers know us.
pub struct RelyingParty {
    pub id: String,
    webauthn: Webauthn,
}

impl RelyingParty {
    /// `origin`: `scheme://authority` under which the browser reaches us.
    pub fn new(origin: &str) -> Result<Self, Unavailable> {
        let url = Url::parse(origin).map_err(|_| Unavailable::HostName)?;
        let Some(Host::Domain(id)) = url.host() else {
            return Err(Unavailable::HostName);
        };
        let is_local = id == "localhost" || id.ends_with(".localhost");
        if url.scheme() != "https" && !is_local {
            return Err(Unavailable::Https);
        }
        let builder = WebauthnBuilder::new(id, &url).map_err(|_| Unavailable::HostName)?;
        let webauthn = builder.rp_name("Inventiv").build().map_err(|_| Unavailable::HostName)?;
        Ok(Self {
            id: id.to_owned(),
            webauthn,
        })
    }

    /// The passkeys of this address among others.
    fn usable<'a>(&self, passkeys: &'a [StoredPasskey]) -> impl Iterator<Item = &'a StoredPasskey> {
        let id = self.id.clone();
        passkeys.iter().filter(move |passkey| passkey.rp_id == id)
    }

    /// Options to make a passkey, and the state to judge the answer by.
    pub fn start_registration(&self, profile: &Profile, existing: &[StoredPasskey]) -> Result<(Value, Value)> {
        let exclude = self
            .usable(existing)
            .filter_map(|passkey| passkey.credential().ok())
            .map(|passkey| passkey.cred_id().clone())
            .collect();
        let shown = format!("{} {}", profile.first_name, profile.last_name);
        let shown = match shown.trim() {
            "" => profile.email.as_str(),
            name => name,
        };
        let (CreationChallengeResponse { public_key }, state): (_, PasskeyRegistration) = self
            .webauthn
            .start_passkey_registration(profile.id, &profile.email, shown, Some(exclude))
            .map_err(Error::internal)?;
        Ok((json(&public_key)?, json(&state)?))
    }

    /// The new passkey, or `None` when the answer isn't good.
    pub fn finish_registration(&self, state: Value, answer: &RegisterPublicKeyCredential) -> Result<Option<Passkey>> {
        let state: PasskeyRegistration = serde_json::from_value(state).map_err(Error::internal)?;
        let outcome = self.webauthn.finish_passkey_registration(answer, &state);
        Ok(outcome
            .inspect_err(|error| tracing::info!(%error, "a new passkey was refused"))
            .ok())
    }

    /// Options to sign with one of the passkeys, and the state to judge the answer by; `None` without any for this address.
    pub fn start_authentication(&self, passkeys: &[StoredPasskey]) -> Result<Option<(Value, Value)>> {
        let usable: Vec<Passkey> = self
            .usable(passkeys)
            .map(StoredPasskey::credential)
            .collect::<Result<_>>()?;
        if usable.is_empty() {
            return Ok(None);
        }
        let (RequestChallengeResponse { public_key, .. }, state): (_, PasskeyAuthentication) = self
            .webauthn
            .start_passkey_authentication(&usable)
            .map_err(Error::internal)?;
        Ok(Some((json(&public_key)?, json(&state)?)))
    }

    /// The passkey that signed, as it is now; `None` when the answer isn't good. Checks the counter: a copy of a passkey whose
    /// original went on counting is refused.
    pub fn finish_authentication(
        &self,
        state: Value,
        answer: &PublicKeyCredential,
        passkeys: &[StoredPasskey],
    ) -> Result<Option<(Uuid, Value)>> {
        let state: PasskeyAuthentication = serde_json::from_value(state).map_err(Error::internal)?;
        let outcome = match self.webauthn.finish_passkey_authentication(answer, &state) {
            Ok(outcome) => outcome,
            Err(error) => {
                tracing::info!(%error, "a passkey's signature was refused");
                return Ok(None);
            }
        };
        for stored in self.usable(passkeys) {
            let mut passkey = stored.credential()?;
            if passkey.update_credential(&outcome).is_some() {
                return Ok(Some((stored.id, json(&passkey)?)));
            }
        }
        Ok(None)
    }
}

impl StoredPasskey {
    fn credential(&self) -> Result<Passkey> {
        serde_json::from_value(self.credential.clone()).map_err(Error::internal)
    }
}

pub fn json(value: &impl serde::Serialize) -> Result<Value> {
    serde_json::to_value(value).map_err(Error::internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_name_over_https_or_localhost_can_have_passkeys() {
        for (origin, expected) in [
            ("https://inventiv.example", Ok("inventiv.example")),
            ("https://inventiv.example:8443", Ok("inventiv.example")),
            ("http://localhost:8080", Ok("localhost")),
            ("http://127.0.0.1:8080", Err(Unavailable::HostName)),
            ("https://[::1]:8080", Err(Unavailable::HostName)),
            ("https://192.0.2.7", Err(Unavailable::HostName)),
            ("http://inventiv.example", Err(Unavailable::Https)),
            ("nonsense", Err(Unavailable::HostName)),
        ] {
            let party = RelyingParty::new(origin);
            assert_eq!(
                party.as_ref().map(|party| party.id.as_str()).map_err(|reason| *reason),
                expected,
                "{origin}"
            );
        }
    }
}
