//! What the engine made for a request whose caller left before the answer: engines count tokens for all requests together, and say
//! what one used only at its end.
//!
//! A request's part is an estimate: what the engine counted between the request's beginning and the question, shared among all
//! that can have been served meanwhile, however briefly. Alone on the engine, that is exact; beside others it is rather too little than
//! too much, because what they used is charged to them.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use uuid::Uuid;
use worker_protocol::Produced;

/// Requests remembered, the latest.
const MOST_REQUESTS: usize = 1024;
/// The engine's counters are read no more often than this for requests that begin.
const FRESH: Duration = Duration::from_millis(250);

/// The engine's counters, over all requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counters {
    pub prompt_tokens: u64,
    pub generated: Generated,
}

/// What an engine counts while it generates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Generated {
    /// Tokens of all requests.
    Tokens(u64),
    /// Steps: a token for each request that is served then.
    Steps(u64),
}

impl Generated {
    /// Of one request, since then; `None` where the two can't be compared.
    fn since(self, before: Self, sharers: u64) -> Option<u64> {
        match (self, before) {
            (Self::Tokens(now), Self::Tokens(before)) => Some(now.saturating_sub(before) / sharers),
            (Self::Steps(now), Self::Steps(before)) => Some(now.saturating_sub(before)),
            _ => None,
        }
    }
}

#[derive(Debug, Default)]
pub struct Ledger(Mutex<Book>);

#[derive(Debug, Default)]
struct Book {
    /// The latest.
    reading: Option<(Instant, Counters)>,
    /// Somebody reads the counters since then.
    reading_since: Option<Instant>,
    begun: u64,
    requests: VecDeque<Request>,
}

#[derive(Debug)]
struct Request {
    id: Uuid,
    /// Which one it was of all.
    number: u64,
    /// Served at its beginning, itself included.
    in_flight: u32,
    /// `None` until they are read.
    before: Option<Counters>,
}

impl Ledger {
    /// A request begins. True: the counters are to be read now, and [noted](Self::note).
    pub fn begin(&self, id: Uuid, in_flight: u32, now: Instant) -> bool {
        let mut book = self.book();
        let is_fresh = |at: Instant| now.duration_since(at) < FRESH;
        let before = book
            .reading
            .filter(|(at, _)| is_fresh(*at))
            .map(|(_, counters)| counters);
        if book.requests.len() == MOST_REQUESTS {
            book.requests.pop_front();
        }
        book.begun += 1;
        let number = book.begun;
        book.requests.push_back(Request {
            id,
            number,
            in_flight,
            before,
        });
        let is_due = before.is_none() && !book.reading_since.is_some_and(is_fresh);
        if is_due {
            book.reading_since = Some(now);
        }
        is_due
    }

    pub fn note(&self, counters: Counters, now: Instant) {
        let mut book = self.book();
        book.reading = Some((now, counters));
        for request in book.requests.iter_mut().rev() {
            if request.before.is_some() {
                break;
            }
            request.before = Some(counters);
        }
    }

    /// A request's part, as of these counters. `None`: it isn't remembered, or its beginning was never read.
    pub fn produced(&self, id: Uuid, counters: Counters) -> Option<Produced> {
        let book = self.book();
        let request = book.requests.iter().rev().find(|request| request.id == id)?;
        let before = request.before?;
        // Those beside it at its beginning, itself included, and all that came since.
        let sharers = u64::from(request.in_flight.max(1)) + (book.begun - request.number);
        let prompts = counters.prompt_tokens.saturating_sub(before.prompt_tokens);
        let count = |tokens: u64| u32::try_from(tokens).unwrap_or(u32::MAX);
        Some(Produced {
            prompt_tokens: count(prompts / sharers),
            completion_tokens: count(counters.generated.since(before.generated, sharers)?),
        })
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counters(prompt_tokens: u64, generation_tokens: u64) -> Counters {
        Counters {
            prompt_tokens,
            generated: Generated::Tokens(generation_tokens),
        }
    }

    fn id(number: u128) -> Uuid {
        Uuid::from_u128(number)
    }

    fn tokens(produced: Option<Produced>) -> (u32, u32) {
        let produced = produced.unwrap();
        (produced.prompt_tokens, produced.completion_tokens)
    }

    #[test]
    fn a_request_alone_made_all_that_was_made_since() {
        let (ledger, now) = (Ledger::default(), Instant::now());
        assert!(ledger.begin(id(1), 1, now));
        assert_eq!(
            ledger.produced(id(1), counters(110, 520)),
            None,
            "nobody has read the beginning"
        );
        ledger.note(counters(100, 500), now);
        assert_eq!(tokens(ledger.produced(id(1), counters(110, 520))), (10, 20));
        // After it left, too.
        assert_eq!(tokens(ledger.produced(id(1), counters(110, 520))), (10, 20));
        assert_eq!(ledger.produced(id(2), counters(110, 520)), None);
        // An engine that began anew counts from zero.
        assert_eq!(tokens(ledger.produced(id(1), counters(0, 3))), (0, 0));
    }

    #[test]
    fn requests_beside_each_other_share() {
        let (ledger, now) = (Ledger::default(), Instant::now());
        assert!(ledger.begin(id(1), 1, now));
        ledger.note(counters(0, 0), now);
        assert!(!ledger.begin(id(2), 2, now), "the reading is fresh");
        assert!(!ledger.begin(id(3), 3, now));
        assert_eq!(tokens(ledger.produced(id(3), counters(30, 90))), (10, 30));
        assert_eq!(tokens(ledger.produced(id(1), counters(30, 90))), (10, 30));
    }

    #[test]
    fn who_is_alone_at_both_ends_pays_nothing_of_those_in_between() {
        let (ledger, now) = (Ledger::default(), Instant::now());
        assert!(ledger.begin(id(1), 1, now));
        ledger.note(counters(0, 0), now);
        for other in 2..=100 {
            ledger.begin(id(other), 2, now);
        }
        assert_eq!(tokens(ledger.produced(id(1), counters(1_000, 10_000))), (10, 100));
    }

    #[test]
    fn a_step_is_a_token_for_each_request() {
        let steps = |steps| Counters {
            prompt_tokens: 0,
            generated: Generated::Steps(steps),
        };
        let (ledger, now) = (Ledger::default(), Instant::now());
        ledger.begin(id(1), 4, now);
        ledger.note(steps(10), now);
        assert_eq!(tokens(ledger.produced(id(1), steps(17))), (0, 7));
        assert_eq!(ledger.produced(id(1), counters(0, 9)), None);
    }

    #[test]
    fn counters_are_read_once_for_all_that_begin_together_and_again_later() {
        let (ledger, now) = (Ledger::default(), Instant::now());
        assert!(ledger.begin(id(1), 1, now));
        assert!(!ledger.begin(id(2), 2, now), "somebody reads");
        ledger.note(counters(5, 5), now);
        assert_eq!(tokens(ledger.produced(id(2), counters(5, 9))), (0, 2));
        assert!(ledger.begin(id(3), 1, now + FRESH));
    }

    #[test]
    fn the_latest_requests_are_remembered() {
        let (ledger, now) = (Ledger::default(), Instant::now());
        for number in 0..=MOST_REQUESTS as u128 {
            ledger.begin(id(number), 1, now);
        }
        ledger.note(counters(0, 0), now);
        assert_eq!(ledger.produced(id(0), counters(0, 0)), None);
        assert!(ledger.produced(id(1), counters(0, 0)).is_some());
    }
}
