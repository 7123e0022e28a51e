//! Proving once more, inside of a session, that one is who signed in.

use super::Users;
use super::store;
use crate::codes::FieldCode;
use crate::error::{Error, Result};
use crate::operation::Authorized;
use crate::plumbing::quotas::{self, PasswordGuess};

/// The person's own password, asked for before what can't be undone.
///
/// # Errors
/// 422 on `password` when it is wrong, 429 after too many.
pub async fn confirm_password(users: &Users, authorized: Authorized<'_>, password: String) -> Result<()> {
    let guess = PasswordGuess::in_session(authorized.user_id, authorized.request.ip);
    quotas::spend(&users.core.db, &guess.quotas(), authorized.request.now).await?;
    let mut read = users.core.db.read(&authorized).await?;
    let stored = store::password_hash(&mut read).await?;
    drop(read);
    if users.passwords.verify(password, stored).await?.is_right() {
        quotas::guessed_right(&users.core.db, &guess).await;
        return Ok(());
    }
    Err(Error::invalid("password", FieldCode::Wrong, "is not your password"))
}
