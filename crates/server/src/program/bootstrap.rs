//! The first start: the admin's account and the organization "Inventiv IT".

use anyhow::Context as _;

use crate::program::Program;

use crate::features::organizations;
use crate::features::users::{self, AccountRequest};
use crate::plumbing::config::Config;
use crate::plumbing::db::SystemReason;
use crate::plumbing::private_files;

const ORGANIZATION: &str = "Inventiv IT";

/// The admin's account as it was just made: what to print, once.
pub struct FirstAdmin {
    pub email: String,
    /// Set when it was generated; one that was given is known already.
    pub generated_password: Option<String>,
}

/// Makes the first admin unless there are accounts already. Replicas that start together take turns.
///
/// # Errors
/// The configured e-mail or password breaks a rule, or the database fails.
pub async fn first_admin(program: &Program) -> anyhow::Result<Option<FirstAdmin>> {
    let mut tx = program.core.db.system(SystemReason::Bootstrap).await?;
    sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended('inventiv.bootstrap', 0))")
        .execute(tx.conn())
        .await?;
    if users::any_account(&mut tx).await? {
        return Ok(None);
    }
    let configured = configured_password(&program.core.config)?;
    let generated = configured.is_none().then(generate_password);
    let email = program.core.config.admin_email.clone();
    let password = configured.or_else(|| generated.clone()).unwrap_or_default();
    let request = AccountRequest {
        email: email.clone(),
        username: "admin".to_owned(),
        first_name: "Admin".to_owned(),
        last_name: String::new(),
        password,
        platform_admin: true,
    };
    let admin = users::create_account(&program.users, &mut tx, request)
        .await
        .context("making the first admin (INVENTIV_ADMIN_EMAIL, INVENTIV_ADMIN_PASSWORD)")?;
    organizations::found_by_platform(&program.organizations, &mut tx, ORGANIZATION, admin).await?;
    tx.commit().await?;
    Ok(Some(FirstAdmin {
        email,
        generated_password: generated,
    }))
}

fn configured_password(config: &Config) -> anyhow::Result<Option<String>> {
    if let Some(file) = &config.admin_password_file {
        let text = private_files::read(file)
            .with_context(|| format!("reading the admin's password from {}", file.display()))?;
        return Ok(Some(text.trim_end_matches(['\r', '\n']).to_owned()));
    }
    Ok(config.admin_password.clone())
}

/// Twenty characters without look-alikes: about 115 bits, and still possible to type.
pub fn generate_password() -> String {
    const ALPHABET: &[u8] = b"abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    (0..20)
        .map(|_| char::from(ALPHABET[rand::random_range(0..ALPHABET.len())]))
        .collect()
}
