//! Argon2id over the password in Unicode's form NFKC: the same keys pressed on another system give other bytes, and still the same
//! password (RFC 8265, NIST SP 800-63B). With a bound on how many hashes run at once (each takes 19 MiB and a core for a while) and on how long one waits for
//! its turn: however many guesses come in, they cost no more than this.

use std::sync::Arc;
use std::time::Duration;

use anyhow::anyhow;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization as _;

use crate::error::{Error, Result};

/// Who waits longer for a turn is better told to come back.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

#[derive(Clone)]
pub struct Passwords {
    argon2: Argon2<'static>,
    parallel: Arc<Semaphore>,
    /// The hash of a password nobody has: signing in to an account that doesn't exist costs the same time.
    decoy: Arc<str>,
}

/// What a password turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Wrong,
    Right,
    /// It was hashed as it was typed, before passwords were normalised: to be hashed anew.
    RightAsTyped,
}

impl Verdict {
    pub fn is_right(self) -> bool {
        self != Verdict::Wrong
    }
}

/// The password whatever system it was typed on.
pub fn normalised(password: &str) -> String {
    password.nfkc().collect()
}

impl Passwords {
    /// 19 MiB, two passes, one lane.
    pub fn new(parallel: usize) -> anyhow::Result<Self> {
        Self::with_cost(parallel, 19 * 1024, 2)
    }

    /// Cheap hashes for tests, where their strength is not what is tested.
    pub fn cheap() -> anyhow::Result<Self> {
        Self::with_cost(4, 64, 1)
    }

    fn with_cost(parallel: usize, memory_kib: u32, passes: u32) -> anyhow::Result<Self> {
        let params = Params::new(memory_kib, passes, 1, None).map_err(|error| anyhow!("argon2 parameters: {error}"))?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let decoy = hash(&argon2, &crate::secrets::random_token())?;
        Ok(Self {
            argon2,
            parallel: Arc::new(Semaphore::new(parallel)),
            decoy: decoy.into(),
        })
    }

    pub async fn hash(&self, password: String) -> Result<String> {
        self.run(move |argon2| hash(argon2, &normalised(&password)))
            .await?
            .map_err(Error::internal)
    }

    /// Checks a password; `None` stands for an account without one, and takes as long.
    pub async fn verify(&self, password: String, stored: Option<String>) -> Result<Verdict> {
        let known = stored.is_some();
        let stored = stored.unwrap_or_else(|| self.decoy.to_string());
        let verdict = self.run(move |argon2| judge(argon2, &password, &stored)).await?;
        Ok(if known { verdict } else { Verdict::Wrong })
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce(&Argon2<'static>) -> T + Send + 'static) -> Result<T> {
        let turn = tokio::time::timeout(LONGEST_WAIT, self.parallel.clone().acquire_owned());
        let permit = turn
            .await
            .map_err(|_| Error::unavailable("Too many people sign in right now."))?
            .map_err(Error::internal)?;
        let argon2 = self.argon2.clone();
        tokio::task::spawn_blocking(move || {
            let outcome = work(&argon2);
            drop(permit);
            outcome
        })
        .await
        .map_err(Error::internal)
    }
}

fn judge(argon2: &Argon2<'_>, password: &str, stored: &str) -> Verdict {
    let Ok(stored) = argon2::password_hash::phc::PasswordHash::new(stored) else {
        return Verdict::Wrong;
    };
    let matches = |password: &str| argon2.verify_password(password.as_bytes(), &stored).is_ok();
    let normalised = normalised(password);
    if matches(&normalised) {
        Verdict::Right
    } else if normalised != password && matches(password) {
        Verdict::RightAsTyped
    } else {
        Verdict::Wrong
    }
}

fn hash(argon2: &Argon2<'_>, password: &str) -> anyhow::Result<String> {
    argon2
        .hash_password(password.as_bytes())
        .map(|hash| hash.to_string())
        .map_err(|error| anyhow!("hashing a password: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_matches_its_own_hash_only() {
        let passwords = Passwords::cheap().unwrap();
        let stored = passwords.hash("correct horse".into()).await.unwrap();
        assert!(stored.starts_with("$argon2id$"));
        let verify = async |password: &str, stored: Option<&String>| {
            passwords.verify(password.to_owned(), stored.cloned()).await.unwrap()
        };
        assert_eq!(verify("correct horse", Some(&stored)).await, Verdict::Right);
        assert_eq!(verify("correct horsE", Some(&stored)).await, Verdict::Wrong);
        assert_eq!(verify("correct horse", None).await, Verdict::Wrong);
    }

    #[tokio::test]
    async fn a_password_is_the_same_from_every_keyboard() {
        let passwords = Passwords::cheap().unwrap();
        // Composed and decomposed letters, wide ones, and signs of their own for what others write in several.
        for (set, typed) in [
            ("cre\u{300}me bru\u{302}le\u{301}e", "crème brûlée"),
            ("crème brûlée", "cre\u{300}me bru\u{302}le\u{301}e"),
            ("ｗｉｄｅ letters", "wide letters"),
            ("10 ㎞ ﬁne", "10 km fine"),
        ] {
            let stored = passwords.hash(set.into()).await.unwrap();
            assert_eq!(
                passwords.verify(typed.into(), Some(stored)).await.unwrap(),
                Verdict::Right,
                "{set}"
            );
        }
    }

    #[tokio::test]
    async fn a_hash_from_before_is_still_known_as_it_was_typed() {
        let passwords = Passwords::cheap().unwrap();
        let decomposed = "cre\u{300}me bru\u{302}le\u{301}e";
        let stored = hash(&passwords.argon2, decomposed).unwrap();
        let verdict = passwords.verify(decomposed.into(), Some(stored.clone())).await.unwrap();
        assert_eq!(verdict, Verdict::RightAsTyped);
        let verdict = passwords.verify("crème brûlée".into(), Some(stored)).await.unwrap();
        assert_eq!(verdict, Verdict::Wrong);
    }
}
