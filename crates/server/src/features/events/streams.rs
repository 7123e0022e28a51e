//! How many streams there may be.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use uuid::Uuid;

use crate::codes::ErrorCode;
use crate::error::{Error, Result};

/// On this replica.
const MOST_STREAMS: usize = 4_096;
/// Tabs and programs of one person.
const MOST_PER_PERSON: usize = 32;

/// The open streams of this replica, by person.
#[derive(Clone, Default)]
pub struct Streams {
    open: Arc<Mutex<HashMap<Uuid, usize>>>,
}

/// The right to one stream, given back when dropped.
pub struct Place {
    streams: Streams,
    person: Uuid,
}

impl Streams {
    /// # Errors
    /// 429 `too_many_streams` for a person who has enough of them, 503 when the replica has.
    pub fn take(&self, person: Uuid) -> Result<Place> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.values().sum::<usize>() >= MOST_STREAMS {
            return Err(Error::unavailable("Too many live streams are open."));
        }
        let own = open.entry(person).or_insert(0);
        if *own >= MOST_PER_PERSON {
            let mut error = Error::too_many_attempts(30);
            error.code = ErrorCode::TooManyStreams { max: MOST_PER_PERSON };
            error.detail = format!("{MOST_PER_PERSON} live streams of this account are open already.");
            return Err(error);
        }
        *own += 1;
        Ok(Place {
            streams: self.clone(),
            person,
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.streams.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = open.get_mut(&self.person) {
            *own -= 1;
            if *own == 0 {
                open.remove(&self.person);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_has_so_many_streams_and_gets_another_when_one_ends() {
        let streams = Streams::default();
        let (alice, bob) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let mut places: Vec<Place> = (0..MOST_PER_PERSON).map(|_| streams.take(alice).unwrap()).collect();
        assert_eq!(
            streams.take(alice).err().unwrap().code,
            ErrorCode::TooManyStreams { max: MOST_PER_PERSON }
        );
        assert!(streams.take(bob).is_ok());
        places.pop();
        assert!(streams.take(alice).is_ok());
        drop(places);
        assert!(streams.open.lock().unwrap().is_empty());
    }
}
