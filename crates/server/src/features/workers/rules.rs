//! Which boot of a machine has the instance.

use chrono::{DateTime, Duration, Utc};
use uuid::Uuid;

/// What is known when a boot presents the bootstrap token.
#[derive(Debug, Clone, Copy)]
pub struct Claim {
    pub boot_id: Uuid,
    /// The boot that has the instance.
    pub holder: Option<Uuid>,
    /// Another boot that asked before, and since when.
    pub challenger: Option<(Uuid, DateTime<Utc>)>,
    /// When the holder was last heard of, by our clock.
    pub holder_heard_at: Option<DateTime<Utc>>,
    /// The holder said that its machine shuts down.
    pub holder_is_leaving: bool,
    /// How long a holder must be silent to count as stopped.
    pub silence: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It has the instance now.
    Granted,
    /// It had it already; the answer was lost.
    Repeated,
    /// The earlier boot may still live: ask again.
    Pending,
    /// Two machines claim the instance: the earlier one was heard of after this one first asked.
    Conflict,
}

pub fn judge(claim: &Claim, now: DateTime<Utc>) -> Verdict {
    let Some(holder) = claim.holder else {
        return Verdict::Granted;
    };
    if holder == claim.boot_id {
        return Verdict::Repeated;
    }
    let is_silent = claim.holder_heard_at.is_none_or(|at| now >= at + claim.silence);
    if claim.holder_is_leaving || is_silent {
        return Verdict::Granted;
    }
    match claim.challenger {
        Some((challenger, since))
            if challenger == claim.boot_id && claim.holder_heard_at.is_some_and(|at| at > since) =>
        {
            Verdict::Conflict
        }
        _ => Verdict::Pending,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Uuid = Uuid::from_u128(1);
    const B: Uuid = Uuid::from_u128(2);

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + Duration::seconds(seconds)
    }

    fn held_by_a(boot_id: Uuid) -> Claim {
        Claim {
            boot_id,
            holder: Some(A),
            challenger: None,
            holder_heard_at: Some(at(100)),
            holder_is_leaving: false,
            silence: Duration::seconds(5),
        }
    }

    #[test]
    fn the_first_boot_gets_the_instance_and_may_ask_again() {
        let first = Claim {
            holder: None,
            ..held_by_a(A)
        };
        assert_eq!(judge(&first, at(0)), Verdict::Granted);
        assert_eq!(judge(&held_by_a(A), at(101)), Verdict::Repeated);
    }

    #[test]
    fn another_boot_waits_until_the_first_is_silent() {
        assert_eq!(judge(&held_by_a(B), at(104)), Verdict::Pending);
        assert_eq!(judge(&held_by_a(B), at(105)), Verdict::Granted);
        let leaving = Claim {
            holder_is_leaving: true,
            ..held_by_a(B)
        };
        assert_eq!(judge(&leaving, at(101)), Verdict::Granted);
    }

    #[test]
    fn another_boot_is_turned_away_when_the_first_is_heard_of_after_it_asked() {
        let asked_at_99 = Claim {
            challenger: Some((B, at(99))),
            ..held_by_a(B)
        };
        assert_eq!(judge(&asked_at_99, at(101)), Verdict::Conflict);
        let asked_at_100 = Claim {
            challenger: Some((B, at(100))),
            ..held_by_a(B)
        };
        assert_eq!(judge(&asked_at_100, at(101)), Verdict::Pending);
    }
}
