//! The usage table's months, made ahead.

use chrono::{DateTime, Datelike, Months, NaiveDate, Utc};

use super::store;
use crate::error::Result;
use crate::plumbing::db::{Db, SystemReason};

/// Makes the partitions of this month and the next. Safe to repeat.
pub async fn ensure(db: &Db, now: DateTime<Utc>) -> Result<()> {
    let mut tx = db.system(SystemReason::Housekeeping).await?;
    for month in months(now) {
        store::ensure_partition(&mut tx, month).await?;
    }
    tx.commit().await
}

fn months(now: DateTime<Utc>) -> impl Iterator<Item = NaiveDate> {
    let today = now.date_naive();
    let first = today.with_day(1).unwrap_or(today);
    [Some(first), first.checked_add_months(Months::new(1))]
        .into_iter()
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_day_of_a_year_is_followed_by_january() {
        let now = DateTime::parse_from_rfc3339("2026-12-31T23:59:59Z").unwrap().to_utc();
        let months: Vec<String> = months(now).map(|month| month.to_string()).collect();
        assert_eq!(months, ["2026-12-01", "2027-01-01"]);
    }
}
