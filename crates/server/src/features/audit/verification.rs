//! Reading everything again: is the log as it was written?

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::rules::{Fault, chain_hash};
use super::seals::{Head, Register, SealedHead, Seals};
use super::store;
use crate::error::Result;
use crate::ids::PLATFORM;
use crate::plumbing::db::{Snapshot, SystemTx};

/// Entries read at a time.
const BATCH: i64 = 1_000;
/// The register follows within seconds. Nobody's clock is off by so much, and no start of a server takes so long.
const MOST_LAG: TimeDelta = TimeDelta::minutes(15);

/// An entry that must be in its chain, and what it means when it isn't.
struct Must {
    length: i64,
    hash: Vec<u8>,
    otherwise: &'static str,
}

#[derive(Default)]
struct Findings {
    faults: Vec<Fault>,
    newest: Option<DateTime<Utc>>,
}

impl Findings {
    fn add(&mut self, tenant: Uuid, sequence: i64, what: &'static str) {
        self.faults.push(Fault { tenant, sequence, what });
    }
}

/// Walks every chain. With `kept`, heads that were printed once and kept elsewhere: each must still be in its chain. An empty answer:
/// nothing was altered.
pub async fn verify(snapshot: &mut Snapshot, kept: &[Head]) -> Result<Vec<Fault>> {
    let tx = snapshot.tx();
    let seals = Seals::new(&tx.master());
    let register = store::register(tx).await?;
    let registered = store::registered(tx).await?;
    let mut findings = Findings::default();
    let heads = store::heads(tx).await?;
    for sealed in heads.iter().filter(|sealed| !seals.holds_head(sealed)) {
        let what = "the head was not written by this installation";
        findings.add(sealed.head.tenant, sealed.head.length, what);
    }
    let mut must: HashMap<Uuid, Vec<Must>> = HashMap::new();
    for (heads, otherwise) in [
        (
            registered.as_slice(),
            "the entry is not the one that the register knows",
        ),
        (kept, "the entry is not the one that was kept"),
    ] {
        for head in heads {
            must.entry(head.tenant).or_default().push(Must {
                length: head.length,
                hash: head.hash.clone(),
                otherwise,
            });
        }
    }
    walk_all(tx, &heads, must, &mut findings).await?;
    match register {
        None => findings.add(PLATFORM, 0, "there is no register of the chains"),
        Some((register, seal)) => {
            if !seals.holds_register(&register, &seal) || !is_sum_of(&register, &seals, &registered) {
                findings.add(
                    PLATFORM,
                    0,
                    "the register of the chains was altered, or a chain was taken out of it",
                );
            }
            if seals.latest_seen(&heads) > register.number {
                let what = "the register is older than one that a chain has seen: an old one was put back";
                findings.add(PLATFORM, 0, what);
            }
            if findings
                .newest
                .is_some_and(|newest| newest > register.kept_at + MOST_LAG)
            {
                let what =
                    "the register is older than the newest entries: an old one was put back, or no server has kept it";
                findings.add(PLATFORM, 0, what);
            }
            for id in store::without_chain(tx, register.since).await? {
                findings.add(id, 0, "the account or organization has no chain");
            }
        }
    }
    Ok(findings.faults)
}

/// As [`verify`], by the hashes alone: whether the chains may be sealed anew.
pub async fn verify_unsealed(snapshot: &mut Snapshot) -> Result<Vec<Fault>> {
    let mut findings = Findings::default();
    let heads = store::heads(snapshot.tx()).await?;
    walk_all(snapshot.tx(), &heads, HashMap::new(), &mut findings).await?;
    Ok(findings.faults)
}

fn is_sum_of(register: &Register, seals: &Seals, registered: &[Head]) -> bool {
    let mut sum = Register::empty(register.number, register.kept_at);
    for head in registered {
        sum.take(seals, None, head);
    }
    (sum.chains, sum.sum) == (register.chains, register.sum)
}

async fn walk_all(
    tx: &mut SystemTx,
    heads: &[SealedHead],
    mut must: HashMap<Uuid, Vec<Must>>,
    findings: &mut Findings,
) -> Result<()> {
    let mut ends: HashMap<Uuid, i64> = HashMap::new();
    for SealedHead { head, .. } in heads {
        let must = must.remove(&head.tenant).unwrap_or_default();
        let (end, last_hash) = walk(tx, head.tenant, must, findings).await?;
        if end != head.length || last_hash != head.hash {
            findings.add(head.tenant, end, "the chain does not end where its head says");
        }
        if ends.insert(head.tenant, end).is_some() {
            findings.add(head.tenant, head.length, "the chain has two heads");
        }
    }
    // The walk goes from place to place, and an entry in no place of its own is not on its way.
    for (tenant, entries) in store::count_entries(tx).await? {
        match ends.get(&tenant) {
            None => findings.add(tenant, 0, "the chain has entries and no head"),
            Some(end) if entries > *end => {
                findings.add(tenant, *end, "the chain has more entries than places for them")
            }
            Some(_) => {}
        }
    }
    let mut gone: Vec<_> = must.into_keys().collect();
    gone.sort_unstable();
    for tenant in gone {
        findings.add(tenant, 0, "the chain is gone, with its head");
    }
    Ok(())
}

/// Where the chain ends.
async fn walk(tx: &mut SystemTx, tenant: Uuid, mut must: Vec<Must>, findings: &mut Findings) -> Result<(i64, Vec<u8>)> {
    let mut previous = Vec::new();
    let mut position = 0;
    loop {
        let links = store::links(tx, tenant, position, BATCH).await?;
        let is_last = i64::try_from(links.len()).is_ok_and(|count| count < BATCH);
        for link in links {
            let sequence = link.entry.sequence;
            if sequence != position + 1 {
                findings.add(tenant, position + 1, "entries are missing");
            }
            if link.previous_hash != previous {
                findings.add(tenant, sequence, "the entry does not follow its predecessor");
            }
            if chain_hash(&link.previous_hash, &link.entry)[..] != link.hash[..] {
                findings.add(tenant, sequence, "the entry was altered");
            }
            must.retain(|must| must.length != sequence || must.hash != link.hash);
            findings.newest = findings.newest.max(Some(link.entry.occurred_at));
            position = sequence;
            previous = link.hash;
        }
        if is_last {
            break;
        }
    }
    for must in must {
        findings.add(tenant, must.length, must.otherwise);
    }
    Ok((position, previous))
}
