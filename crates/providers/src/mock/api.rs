//! The cloud's front door: the six calls, the faults they meet and the journal of them.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::task;
use tokio::time::sleep;
use uuid::Uuid;

use super::clock::now;
use super::datacenter::Datacenter;
use super::faults::{self, Fault, PlannedFault};
use super::files::Locked;
use super::journal::{self, Effect, JournalEntry};
use super::record::{Phase, Record};
use super::{INSTANCE_TYPES, MockCloud, ZONES};
use crate::{CreateServer, Operation, Provider, ProviderError, Server};

#[async_trait]
impl Provider for MockCloud {
    fn code(&self) -> &'static str {
        "mock"
    }

    async fn create_server(&self, order: &CreateServer) -> Result<Server, ProviderError> {
        let subject = Subject::Order(order.clone());
        let order = order.clone();
        self.call(
            Operation::CreateServer,
            &order.zone.clone(),
            subject,
            self.latencies.create,
            move |visit| {
                if !INSTANCE_TYPES.contains(&order.instance_type.as_str()) {
                    return Err(ProviderError::InvalidRequest(format!(
                        "no instance type {}",
                        order.instance_type
                    )));
                }
                let record = visit.datacenter.create(visit.locked, &order).map_err(broken)?;
                visit.note(&record, Effect::Created);
                let server = record.describe();
                if visit.meets(Fault::Vanish) {
                    visit.vanish(record)?;
                }
                Ok(server)
            },
        )
        .await
    }

    async fn start_server(&self, zone: &str, server_id: &str) -> Result<(), ProviderError> {
        let subject = Subject::Server(server_id.to_owned());
        self.call(Operation::StartServer, zone, subject, Duration::ZERO, |visit| {
            let refused = |why: &str| Err(ProviderError::InvalidRequest(why.to_owned()));
            let Some(record) = visit.concerned.pop() else {
                return refused("no such server");
            };
            match record.phase {
                Phase::Starting { .. } | Phase::Running { .. } => Ok(()),
                Phase::Deleting { .. } => refused("the server is being deleted"),
                Phase::Failed { .. } => refused("the server has failed"),
                Phase::Stopped => {
                    visit.note(&record, Effect::Started);
                    let in_stock = !visit.meets(Fault::OutOfStockAfterStart);
                    visit
                        .datacenter
                        .power_on(visit.locked, record, in_stock)
                        .map_err(broken)
                }
            }
        })
        .await
    }

    async fn find_servers(&self, zone: &str, instance_id: Uuid) -> Result<Vec<Server>, ProviderError> {
        let subject = Subject::Tag(instance_id);
        self.call(Operation::FindServers, zone, subject, Duration::ZERO, |visit| {
            Ok(visit.listing())
        })
        .await
    }

    async fn list_servers(&self, zone: &str) -> Result<Vec<Server>, ProviderError> {
        self.call(Operation::ListServers, zone, Subject::All, Duration::ZERO, |visit| {
            Ok(visit.listing())
        })
        .await
    }

    async fn get_server(&self, zone: &str, server_id: &str) -> Result<Option<Server>, ProviderError> {
        let subject = Subject::Server(server_id.to_owned());
        self.call(Operation::GetServer, zone, subject, Duration::ZERO, |visit| {
            Ok(visit.concerned.first().map(Record::describe))
        })
        .await
    }

    async fn delete_server(&self, zone: &str, server_id: &str) -> Result<(), ProviderError> {
        let subject = Subject::Server(server_id.to_owned());
        self.call(
            Operation::DeleteServer,
            zone,
            subject,
            Duration::ZERO,
            |visit| match visit.concerned.pop() {
                None
                | Some(Record {
                    phase: Phase::Deleting { .. },
                    ..
                }) => Ok(()),
                Some(_) if visit.meets(Fault::DeleteFails) => Ok(()),
                Some(record) => {
                    visit.note(&record, Effect::Deleted);
                    visit.datacenter.delete(visit.locked, record).map_err(broken)
                }
            },
        )
        .await
    }
}

impl MockCloud {
    /// One call on its way. It goes on when the caller stops waiting, as a request to a real cloud does.
    async fn call<T: Send + 'static>(
        &self,
        operation: Operation,
        zone: &str,
        subject: Subject,
        latency: Duration,
        act: impl FnOnce(&mut Visit<'_>) -> Result<T, ProviderError> + Send + 'static,
    ) -> Result<T, ProviderError> {
        if !ZONES.contains(&zone) {
            return Err(ProviderError::InvalidRequest(format!("no zone {zone}")));
        }
        let (datacenter, wake, zone) = (
            Arc::clone(&self.datacenter),
            Arc::clone(self.clock.wake()),
            zone.to_owned(),
        );
        #[expect(clippy::disallowed_methods, reason = "waited for below, unless who asked goes away")]
        let on_its_way = task::spawn(async move {
            sleep(latency).await;
            let served = task::spawn_blocking(move || serve(&datacenter, operation, zone, subject, act)).await;
            let (answer, delay) = served.map_err(io::Error::other).flatten().map_err(broken)?;
            wake.notify_one();
            sleep(delay).await;
            answer
        });
        on_its_way.await.unwrap_or_else(|error| Err(broken(error)))
    }
}

/// What a call is about.
enum Subject {
    Order(CreateServer),
    Server(String),
    Tag(Uuid),
    All,
}

impl Subject {
    fn concerns(&self, record: &Record) -> bool {
        match self {
            Self::Order(_) => false,
            Self::Server(id) => record.id.to_string() == *id,
            Self::Tag(instance_id) => record.instance_id == *instance_id,
            Self::All => true,
        }
    }
}

/// A call while the directory is locked for it.
struct Visit<'a> {
    datacenter: &'a Datacenter,
    locked: &'a Locked<'a>,
    operation: Operation,
    zone: String,
    fault: Option<PlannedFault>,
    /// Existing servers of the zone that the call is about, oldest first.
    concerned: Vec<Record>,
    /// What the call changed so far.
    changes: Vec<(Uuid, Uuid, Effect)>,
}

/// Serves a call: what is due happens first, then the fault it meets, then the act; and all of it is written down. Returns the
/// answer and how long it is kept back.
fn serve<T>(
    datacenter: &Datacenter,
    operation: Operation,
    zone: String,
    subject: Subject,
    act: impl FnOnce(&mut Visit<'_>) -> Result<T, ProviderError>,
) -> io::Result<(Result<T, ProviderError>, Duration)> {
    let locked = &datacenter.lock()?;
    datacenter.advance(locked)?;
    let fault = faults::take(locked, operation)?;
    let mut concerned = locked.servers()?;
    concerned.retain(|record| record.zone == zone && subject.concerns(record));
    let mut visit = Visit {
        datacenter,
        locked,
        operation,
        zone,
        fault,
        concerned,
        changes: Vec::new(),
    };

    let mut answer = match visit.refusal(&subject) {
        Some(refusal) => Err(refusal),
        None => visit.vanish_concerned().and_then(|()| act(&mut visit)),
    };
    if visit.meets(Fault::LostAnswer) && answer.is_ok() {
        answer = Err(ProviderError::OutcomeUnknown("the connection was cut".to_owned()));
    }
    visit.write_down(&subject, answer.as_ref().err().map_or("ok", ProviderError::code))?;
    let delay = visit.fault.as_ref().map_or(Duration::ZERO, PlannedFault::answer_delay);
    Ok((answer, delay))
}

impl Visit<'_> {
    fn meets(&self, fault: Fault) -> bool {
        self.fault.as_ref().is_some_and(|planned| planned.fault == fault)
    }

    fn refusal(&self, subject: &Subject) -> Option<ProviderError> {
        let instance_type = match subject {
            Subject::Order(order) => &order.instance_type,
            _ => self.concerned.first().map_or("", |record| &record.instance_type),
        };
        self.fault.as_ref()?.refusal(&self.zone, instance_type)
    }

    fn vanish_concerned(&mut self) -> Result<(), ProviderError> {
        if self.meets(Fault::Vanish) {
            for record in std::mem::take(&mut self.concerned) {
                self.vanish(record)?;
            }
        }
        Ok(())
    }

    fn vanish(&mut self, record: Record) -> Result<(), ProviderError> {
        self.note(&record, Effect::Vanished);
        self.datacenter.vanish(self.locked, record).map_err(broken)
    }

    fn listing(&self) -> Vec<Server> {
        let lag = self.fault.as_ref().map_or(Duration::ZERO, PlannedFault::list_lag);
        let as_of = now() - lag;
        self.concerned
            .iter()
            .filter(|record| record.created_at <= as_of)
            .map(Record::describe)
            .collect()
    }

    fn note(&mut self, record: &Record, effect: Effect) {
        self.changes.push((record.id, record.instance_id, effect));
    }

    /// A line per change; a look-up without a fault leaves none.
    fn write_down(&self, subject: &Subject, outcome: &str) -> io::Result<()> {
        let mut entry = JournalEntry {
            at: now(),
            operation: self.operation,
            zone: self.zone.clone(),
            instance_id: None,
            server_id: None,
            effect: Effect::None,
            outcome: outcome.to_owned(),
            fault: self.fault.as_ref().map(|planned| planned.fault),
        };
        for (server_id, instance_id, effect) in &self.changes {
            entry.server_id = Some(server_id.to_string());
            entry.instance_id = Some(*instance_id);
            entry.effect = *effect;
            journal::append(self.locked, &entry)?;
        }
        let asks_for_change = matches!(
            self.operation,
            Operation::CreateServer | Operation::StartServer | Operation::DeleteServer
        );
        if self.changes.is_empty() && (asks_for_change || entry.fault.is_some()) {
            match subject {
                Subject::Order(order) => entry.instance_id = Some(order.instance_id),
                Subject::Tag(instance_id) => entry.instance_id = Some(*instance_id),
                Subject::Server(id) => entry.server_id = Some(id.clone()),
                Subject::All => {}
            }
            journal::append(self.locked, &entry)?;
        }
        Ok(())
    }
}

/// The cloud itself is out of order: whatever was asked may have happened.
fn broken(error: impl std::fmt::Display) -> ProviderError {
    ProviderError::OutcomeUnknown(format!("the mock cloud is out of order: {error}"))
}
