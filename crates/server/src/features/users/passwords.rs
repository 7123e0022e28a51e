//! Argon2id, with a bound on how many hashes run at once (each takes 19 MiB and a core for a while) and on how long one waits for
//! its turn: however many guesses come in, they cost no more than this.

use std::sync::Arc;
use std::time::Duration;

use anyhow::anyhow;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;

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
        self.run(move |argon2| hash(argon2, &password))
            .await?
            .map_err(Error::internal)
    }

    /// Checks a password; `None` stands for an account without one, and takes as long.
    pub async fn verify(&self, password: String, stored: Option<String>) -> Result<bool> {
        let known = stored.is_some();
        let stored = stored.unwrap_or_else(|| self.decoy.to_string());
        let matches = self
            .run(
                move |argon2| match argon2::password_hash::phc::PasswordHash::new(&stored) {
                    Ok(parsed) => argon2.verify_password(password.as_bytes(), &parsed).is_ok(),
                    Err(_) => false,
                },
            )
            .await?;
        Ok(known && matches)
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
        assert!(
            passwords
                .verify("correct horse".into(), Some(stored.clone()))
                .await
                .unwrap()
        );
        assert!(!passwords.verify("correct horsE".into(), Some(stored)).await.unwrap());
        assert!(!passwords.verify("correct horse".into(), None).await.unwrap());
    }
}
