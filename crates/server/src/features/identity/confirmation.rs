//! Proving once more, inside of a session, that one is who signed in.

use super::{store, throttle};
use crate::app::App;
use crate::error::{Error, Result};
use crate::operation::Authorized;

/// The person's own password, asked for before what can't be undone.
///
/// # Errors
/// 422 on `password` when it is wrong, 429 after too many.
pub async fn confirm_password(app: &App, authorized: Authorized<'_>, password: String) -> Result<()> {
    let subjects = throttle::Subjects::new(&authorized.user_id.to_string(), authorized.request.ip);
    throttle::check(&app.db, &subjects, authorized.request.now).await?;
    let mut read = app.db.read(&authorized).await?;
    let stored = store::password_hash(&mut read).await?;
    drop(read);
    if app.passwords.verify(password, stored).await? {
        return Ok(());
    }
    throttle::record_failure(&app.db, &subjects, authorized.request.now).await?;
    Err(Error::invalid("password", "wrong", "is not your password"))
}
