//! What only this installation can write: seals on the heads of chains and on the register of all chains. Their key comes from the
//! master secret, which is not in the database; a hash alone could be computed anew by whoever changes a row.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::secrets::{MasterSecret, equal, keyed_hash};

/// Where a chain ends, or ended once: its last entry. In text as an operator keeps it, `chain sequence hash`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    pub tenant: Uuid,
    pub length: i64,
    pub hash: Vec<u8>,
}

impl std::fmt::Display for Head {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} {} {}",
            self.tenant,
            self.length,
            URL_SAFE_NO_PAD.encode(&self.hash)
        )
    }
}

impl Head {
    /// From its text.
    pub fn parse(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace();
        let head = Self {
            tenant: words.next()?.parse().ok()?,
            length: words.next()?.parse().ok().filter(|length| *length > 0)?,
            hash: URL_SAFE_NO_PAD
                .decode(words.next()?)
                .ok()
                .filter(|hash| hash.len() == 32)?,
        };
        words.next().is_none().then_some(head)
    }

    fn bytes(&self) -> Vec<u8> {
        [
            self.tenant.as_bytes().as_slice(),
            &self.length.to_be_bytes(),
            &self.hash,
        ]
        .concat()
    }
}

/// A head as its row says it.
#[derive(Debug, Clone)]
pub struct SealedHead {
    pub head: Head,
    /// The number of the register when it was written.
    pub register: i64,
    pub seal: Vec<u8>,
}

/// All chains together: how many there are, and a sum over their heads that no other heads have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Register {
    /// Grows with each change.
    pub number: i64,
    pub chains: i64,
    pub sum: [u8; 32],
    /// Every account and organization made since then has a chain.
    pub since: DateTime<Utc>,
    pub kept_at: DateTime<Utc>,
}

impl Register {
    pub fn empty(number: i64, now: DateTime<Utc>) -> Self {
        Self {
            number,
            chains: 0,
            sum: [0; 32],
            since: now,
            kept_at: now,
        }
    }

    /// Takes a chain in, or a later head in the place of an earlier one. The marks are numbers of 256 bits that are added: the order
    /// doesn't matter, and an earlier one is taken out once. (With XOR it would be let in again by taking it out twice.)
    pub fn take(&mut self, seals: &Seals, earlier: Option<&Head>, head: &Head) {
        match earlier {
            Some(earlier) => self.subtract(seals.mark(earlier)),
            None => self.chains += 1,
        }
        self.add(seals.mark(head));
    }

    /// Both are written with the lowest byte first; what is carried out of the last is dropped.
    fn add(&mut self, mark: [u8; 32]) {
        let mut carry = 0;
        for (sum, mark) in self.sum.iter_mut().zip(mark) {
            let total = u16::from(*sum) + u16::from(mark) + carry;
            [*sum, _] = total.to_le_bytes();
            carry = total >> 8;
        }
    }

    fn subtract(&mut self, mark: [u8; 32]) {
        // The two's complement.
        let mut one = [0; 32];
        one[0] = 1;
        self.add(mark.map(|byte| !byte));
        self.add(one);
    }

    fn bytes(&self) -> Vec<u8> {
        let numbers = [
            self.number,
            self.chains,
            self.since.timestamp_micros(),
            self.kept_at.timestamp_micros(),
        ];
        let mut bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_be_bytes()).collect();
        bytes.extend(self.sum);
        bytes
    }
}

/// Makes and checks seals.
pub struct Seals([u8; 32]);

impl Seals {
    pub fn new(master: &MasterSecret) -> Self {
        Self(master.derive("audit.seals", b""))
    }

    /// With the number of the register when the head was written, so that an older register which is put back is betrayed by every
    /// chain that went on. Heads of before carry 0, and their seals are without it.
    pub fn of_head(&self, head: &Head, register: i64) -> [u8; 32] {
        match register {
            0 => keyed_hash(&self.0, "head", &head.bytes()),
            _ => keyed_hash(
                &self.0,
                "numbered head",
                &[&register.to_be_bytes()[..], &head.bytes()].concat(),
            ),
        }
    }

    pub fn of_register(&self, register: &Register) -> [u8; 32] {
        keyed_hash(&self.0, "register", &register.bytes())
    }

    pub fn holds_head(&self, sealed: &SealedHead) -> bool {
        equal(&self.of_head(&sealed.head, sealed.register), &sealed.seal)
    }

    /// May the next entry be sealed? After a sealed head, or as the first of a chain that was opened for it and is still empty.
    pub fn may_go_on(&self, before: &SealedHead, opened: bool) -> bool {
        match opened {
            true => before.head.length == 0 && before.head.hash.is_empty() && before.register == 0,
            false => self.holds_head(before),
        }
    }

    pub fn holds_register(&self, register: &Register, seal: &[u8]) -> bool {
        equal(&self.of_register(register), seal)
    }

    /// May the register take this head in? Sealed here, and later than the one it knows, whose entry is still in its place.
    pub fn may_follow(&self, known: Option<&Head>, still: Option<&[u8]>, sealed: &SealedHead) -> bool {
        self.holds_head(sealed)
            && known.is_none_or(|known| sealed.head.length > known.length && still == Some(known.hash.as_slice()))
    }

    /// The number of the latest register that heads sealed here have seen.
    pub fn latest_seen<'a>(&self, heads: impl IntoIterator<Item = &'a SealedHead>) -> i64 {
        let sealed = heads.into_iter().filter(|head| self.holds_head(head));
        sealed.map(|head| head.register).max().unwrap_or_default()
    }

    fn mark(&self, head: &Head) -> [u8; 32] {
        keyed_hash(&self.0, "mark", &head.bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(tenant: u128, length: i64) -> Head {
        Head {
            tenant: Uuid::from_u128(tenant),
            length,
            hash: vec![u8::try_from(length).unwrap(); 32],
        }
    }

    fn sealed(seals: &Seals, head: Head, register: i64) -> SealedHead {
        SealedHead {
            seal: seals.of_head(&head, register).to_vec(),
            head,
            register,
        }
    }

    #[test]
    fn a_seal_holds_for_its_head_and_its_installation_only() {
        let seals = Seals::new(&MasterSecret::generate());
        let sealed = sealed(&seals, head(1, 5), 3);
        let with = |change: fn(&mut SealedHead)| {
            let mut changed = sealed.clone();
            change(&mut changed);
            seals.holds_head(&changed)
        };
        assert!(with(|_| ()));
        assert!(!with(|sealed| sealed.head = head(2, 5)));
        assert!(!with(|sealed| sealed.head = head(1, 4)));
        assert!(!with(|sealed| sealed.register = 2));
        assert!(!with(|sealed| sealed.register = 0));
        assert!(!with(|sealed| sealed.seal.clear()));
        assert!(!Seals::new(&MasterSecret::generate()).holds_head(&sealed));
    }

    #[test]
    fn a_chain_begins_with_nothing_and_goes_on_from_what_is_sealed() {
        let seals = Seals::new(&MasterSecret::generate());
        let nothing = SealedHead {
            head: Head {
                tenant: Uuid::from_u128(1),
                length: 0,
                hash: Vec::new(),
            },
            register: 0,
            seal: Vec::new(),
        };
        assert!(seals.may_go_on(&nothing, true));
        assert!(!seals.may_go_on(&nothing, false), "emptied");
        let forged = SealedHead {
            head: head(1, 1),
            ..nothing
        };
        assert!(!seals.may_go_on(&forged, true), "something was put in before");
        assert!(!seals.may_go_on(&forged, false));
        assert!(seals.may_go_on(&sealed(&seals, head(1, 1), 0), false));
    }

    #[test]
    fn what_sealed_heads_alone_have_seen_counts() {
        let seals = Seals::new(&MasterSecret::generate());
        let mut forged = sealed(&seals, head(3, 1), 4);
        forged.register = 9;
        let heads = [sealed(&seals, head(1, 1), 4), sealed(&seals, head(2, 1), 6), forged];
        assert_eq!(seals.latest_seen(&heads), 6);
        assert_eq!(seals.latest_seen(&[]), 0);
    }

    #[test]
    fn a_register_is_the_same_however_its_heads_came_into_it() {
        let seals = Seals::new(&MasterSecret::generate());
        let now = DateTime::UNIX_EPOCH;
        let mut stepwise = Register::empty(1, now);
        stepwise.take(&seals, None, &head(1, 1));
        stepwise.take(&seals, None, &head(2, 3));
        stepwise.take(&seals, Some(&head(1, 1)), &head(1, 2));
        let mut at_once = Register::empty(1, now);
        at_once.take(&seals, None, &head(2, 3));
        at_once.take(&seals, None, &head(1, 2));
        assert_eq!(stepwise, at_once);
        at_once.take(&seals, Some(&head(1, 2)), &head(1, 1));
        assert_ne!(stepwise, at_once);
        assert_ne!(seals.of_register(&stepwise), seals.of_register(&at_once));
    }

    #[test]
    fn the_register_goes_forward_only() {
        let seals = Seals::new(&MasterSecret::generate());
        let (old, new) = (head(1, 4), head(1, 6));
        let new = sealed(&seals, new, 1);
        assert!(seals.may_follow(None, None, &new));
        assert!(seals.may_follow(Some(&old), Some(&old.hash), &new));
        assert!(!seals.may_follow(Some(&old), Some(&[9; 32]), &new), "rewritten before");
        assert!(!seals.may_follow(Some(&old), None, &new), "entries are gone");
        assert!(!seals.may_follow(Some(&head(1, 7)), Some(&[7; 32]), &new), "put back");
        let forged = SealedHead {
            seal: b"forged".to_vec(),
            ..new
        };
        assert!(!seals.may_follow(Some(&old), Some(&old.hash), &forged));
    }

    #[test]
    fn a_head_survives_its_text() {
        assert_eq!(Head::parse(&head(1, 5).to_string()), Some(head(1, 5)));
        for text in [
            "",
            "x",
            "00000000-0000-0000-0000-000000000000 5",
            &format!("{} more", head(1, 5)),
        ] {
            assert_eq!(Head::parse(text), None, "{text}");
        }
    }
}
