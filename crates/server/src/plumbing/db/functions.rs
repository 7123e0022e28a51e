//! The functions of schemas `auth` and `tenancy`. Each lives in `migrations/functions/<schema>/<name>.sql`, whole with its grants, and is
//! put into the database again when that file changed: a diff shows what changed, not a copy of everything.
//!
//! They come after the migrations, which may create and drop functions on their own. A file can't change what a function takes or
//! returns: a migration drops the old one first.

use anyhow::Context as _;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};

use crate::secrets::sha256;

/// A function's name with its schema, and its file.
struct File {
    name: &'static str,
    text: &'static str,
}

impl File {
    fn hash(&self) -> [u8; 32] {
        sha256(self.text.as_bytes())
    }
}

macro_rules! files {
    ($($schema:ident: $($name:ident)*;)*) => {
        &[$($(File {
            name: concat!(stringify!($schema), ".", stringify!($name)),
            text: include_str!(concat!("../../../../../migrations/functions/", stringify!($schema), "/", stringify!($name), ".sql")),
        }),*),*]
    };
}

/// Every file. A test compares with the directory and with the database.
const FILES: &[File] = files! {
    auth:
        add_passkey
        api_key_by_public_id
        clear_quota
        consume_email_change
        consume_password_reset_token
        count_challenge_failure
        create_api_key
        create_invitation
        email_change_by_token
        end_challenge
        hold_own_account
        invitation_by_token
        keep_answer
        last_workspace
        lock_actor
        lock_challenge
        lock_own_totp
        lock_session_token
        open_challenge
        open_session
        own_answer
        own_passkeys
        own_password_hash
        password_reset_by_token
        prove_mailbox
        put_passkey_ceremony
        put_unconfirmed_totp
        refund_quota
        refund_quotas
        remember_workspace
        renew_invitation
        renew_session_token
        replace_recovery_codes
        request_password_reset
        session_by_token
        set_own_password
        sign_in_challenge
        spend_quotas
        switch_session
        take_passkey_ceremony
        touch_session
        use_passkey
        use_recovery_code
        user_by_login
        worker_token_by_hash;
    tenancy:
        audit_register_number
        count_instances
        enqueue_job
        enqueue_mail
        ensure_usage_partition
        guard_head
        has_owner
        hold_sessions
        invitation_deliveries
        lock_own_role
        may_act_on_members
        members_count
        model_in_use
        move_sessions_to_personal
        ready_instances_by_model
        refuse_change
        remember_people_of_log
        request_email_change
        require_first_owner
        require_living_model
        require_owner
        require_owners_of_account
        seen_in
        sessions_count
        show_role_in_sessions
        void_own_links;
};

/// Puts every function whose file changed into the database, all of them or none. The caller holds the lock of migrations.
pub(super) async fn apply(connection: &mut PgConnection) -> anyhow::Result<()> {
    let mut tx = connection.begin().await?;
    // Functions call each other, and a body is checked when it runs.
    tx.execute("SET LOCAL check_function_bodies = off").await?;
    for file in FILES {
        let is_there: bool = sqlx::query_scalar(
            "SELECT to_regproc($1) IS NOT NULL AND EXISTS (SELECT 1 FROM function_files WHERE name = $1 AND hash = $2)",
        )
        .bind(file.name)
        .bind(&file.hash()[..])
        .fetch_one(&mut *tx)
        .await?;
        if is_there {
            continue;
        }
        tx.execute(AssertSqlSafe(file.text))
            .await
            .with_context(|| format!("putting function {} into the database", file.name))?;
        sqlx::query(
            "INSERT INTO function_files (name, hash, program_version) VALUES ($1, $2, $3)
             ON CONFLICT (name) DO UPDATE SET hash = $2, program_version = $3",
        )
        .bind(file.name)
        .bind(&file.hash()[..])
        .bind(program_version())
        .execute(&mut *tx)
        .await?;
    }
    let names: Vec<_> = FILES.iter().map(|file| file.name).collect();
    sqlx::query("DELETE FROM function_files WHERE name <> ALL ($1)")
        .bind(names)
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(())
}

/// Functions may change without a migration, so their files say on their own from which program they are.
///
/// # Errors
/// A function is another one than this program's, and was put there by a newer program.
pub(super) async fn refuse_newer(connection: &mut PgConnection) -> anyhow::Result<()> {
    let has_files: bool = sqlx::query_scalar("SELECT to_regclass('public.function_files') IS NOT NULL")
        .fetch_one(&mut *connection)
        .await?;
    if !has_files {
        return Ok(());
    }
    let newer: Vec<(String, Vec<u8>)> =
        sqlx::query_as("SELECT name, hash FROM function_files WHERE program_version > $1")
            .bind(program_version())
            .fetch_all(connection)
            .await?;
    let is_ours = |name: &str, hash: &[u8]| FILES.iter().any(|file| file.name == name && file.hash() == hash);
    if let Some((name, _)) = newer.iter().find(|(name, hash)| !is_ours(name, hash)) {
        anyhow::bail!(
            "the database was migrated by a newer Inventiv (its function {name} is not of {}): start that version, or restore a backup",
            env!("CARGO_PKG_VERSION")
        );
    }
    Ok(())
}

/// In a form that PostgreSQL puts in order.
fn program_version() -> Vec<i32> {
    let numbers = [
        env!("CARGO_PKG_VERSION_MAJOR"),
        env!("CARGO_PKG_VERSION_MINOR"),
        env!("CARGO_PKG_VERSION_PATCH"),
    ];
    numbers.into_iter().filter_map(|number| number.parse().ok()).collect()
}
