//! How often codes may be tried.

use crate::error::Result;
use crate::features::sessions;
use crate::operation::{Proven, RequestContext, UserId};
use crate::plumbing::db::Db;
use crate::plumbing::quotas::{Quota, network};

/// Codes tried in an hour.
const CODES: i32 = 20;

/// Codes of an authenticator app and recovery codes. Only who has the password gets to try them. A network that the person has
/// signed in from counts for itself, all others count together: what strangers try can't use up what the person needs.
pub async fn quota_of_codes(db: &Db, person: Proven<UserId>, request: &RequestContext) -> Result<Quota> {
    let here = network(request.ip);
    let mut tx = db.for_signing_in(person, request).await?;
    let is_known = sessions::addresses_signed_in_from(&mut tx)
        .await?
        .into_iter()
        .any(|known| network(known.parse().ok()) == here);
    let person = person.user_id();
    let subject = match is_known {
        true => format!("second-factor:{person}@{here}"),
        false => format!("second-factor:{person}"),
    };
    Ok(Quota::hourly(subject, CODES))
}
