//! Proving once more, inside of a session, that one is who signed in.

use super::Users;
use super::store;
use crate::error::{Error, Result};
use crate::operation::Authorized;
use crate::plumbing::quotas;

/// The person's own password, asked for before what can't be undone.
///
/// # Errors
/// 422 on `password` when it is wrong, 429 after too many.
pub async fn confirm_password(users: &Users, authorized: Authorized<'_>, password: String) -> Result<()> {
    let subjects = quotas::Subjects::new(&authorized.user_id.to_string(), authorized.request.ip);
    quotas::check(&users.core.db, &subjects, authorized.request.now).await?;
    let mut read = users.core.db.read(&authorized).await?;
    let stored = store::password_hash(&mut read).await?;
    drop(read);
    if users.passwords.verify(password, stored).await? {
        return Ok(());
    }
    quotas::record_failure(&users.core.db, &subjects, authorized.request.now).await?;
    Err(Error::invalid("password", "wrong", "is not your password"))
}
