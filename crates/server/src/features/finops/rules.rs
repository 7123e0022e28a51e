//! Windows of time.

use chrono::{DateTime, Datelike as _, Duration, NaiveDate, NaiveTime, Utc};

use crate::codes::{FieldCode, Unit};
use crate::error::Result;
use crate::features::usage::reports::Window;
use crate::validation::Validation;

const DEFAULT_DAYS: i64 = 30;
const MOST_DAYS: i64 = 400;

/// The window of a report: the last thirty days unless told.
///
/// # Errors
/// 422 naming the parameter.
pub fn window(from: Option<DateTime<Utc>>, to: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Result<Window> {
    let mut validation = Validation::default();
    for (field, moment) in [("from", from), ("to", to)] {
        // PostgreSQL's timestamps end elsewhere than ours.
        let usable = moment.is_none_or(|moment| (1970..10_000).contains(&moment.year()));
        validation.check(
            usable,
            field,
            FieldCode::between(1970, 9999, Unit::Years),
            "must be in the years 1970 to 9999",
        );
    }
    validation.finish()?;
    let to = to.unwrap_or(now);
    let from = from.unwrap_or(to - Duration::days(DEFAULT_DAYS));
    let mut validation = Validation::default();
    validation.check(from <= to, "from", FieldCode::Order, "must not be after to");
    let rule = format!("must be at most {MOST_DAYS} days before to");
    validation.check(
        to - from <= Duration::days(MOST_DAYS),
        "from",
        FieldCode::at_most(MOST_DAYS, Unit::Days),
        rule,
    );
    validation.finish()?;
    Ok(Window { from, to })
}

/// The beginnings of this day and this month, in UTC.
pub fn beginnings(now: DateTime<Utc>) -> (DateTime<Utc>, DateTime<Utc>) {
    let today = now.date_naive();
    let first = today.with_day(1).unwrap_or(today);
    let midnight = |day: chrono::NaiveDate| day.and_time(NaiveTime::MIN).and_utc();
    (midnight(today), midnight(first))
}

/// The days of a window, in UTC and in order; the first and the last as far as they lie in it.
pub fn days(window: Window) -> Vec<(NaiveDate, Window)> {
    let days = window.from.date_naive().iter_days();
    days.map(|day| {
        let midnight = day.and_time(NaiveTime::MIN).and_utc();
        let from = window.from.max(midnight);
        let to = window.to.min(midnight + Duration::days(1));
        (day, Window { from, to })
    })
    .take_while(|(_, part)| part.from < part.to)
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn a_window_is_the_last_thirty_days_unless_told_and_is_bounded() {
        let now = at("2026-03-31T12:00:00Z");
        let default = window(None, None, now).unwrap();
        assert_eq!((default.from, default.to), (at("2026-03-01T12:00:00Z"), now));
        assert!(window(Some(now), Some(now), now).is_ok());
        assert!(window(Some(now + Duration::seconds(1)), Some(now), now).is_err());
        assert!(window(Some(now - Duration::days(401)), None, now).is_err());
        assert!(window(Some(DateTime::<Utc>::MIN_UTC), None, now).is_err());
        assert!(window(None, Some(DateTime::<Utc>::MAX_UTC), now).is_err());
    }

    #[test]
    fn a_window_has_every_day_that_it_touches_and_no_more_of_it() {
        let window = |from, to| Window {
            from: at(from),
            to: at(to),
        };
        let parts = days(window("2026-02-27T18:00:00Z", "2026-03-01T06:00:00Z"));
        let shown: Vec<_> = parts
            .iter()
            .map(|(day, part)| (day.to_string(), (part.to - part.from).num_hours()))
            .collect();
        let hours = [("2026-02-27", 6), ("2026-02-28", 24), ("2026-03-01", 6)];
        assert_eq!(shown, hours.map(|(day, hours)| (day.to_owned(), hours)));
        assert_eq!(days(window("2026-02-27T00:00:00Z", "2026-02-28T00:00:00Z")).len(), 1);
        assert!(days(window("2026-02-27T00:00:00Z", "2026-02-27T00:00:00Z")).is_empty());
    }

    #[test]
    fn days_and_months_begin_at_midnight_utc() {
        let (day, month) = beginnings(at("2026-03-31T23:59:59.999999Z"));
        assert_eq!((day, month), (at("2026-03-31T00:00:00Z"), at("2026-03-01T00:00:00Z")));
    }
}
