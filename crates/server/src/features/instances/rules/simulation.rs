//! The decisions against a cloud that loses answers, lags, refuses and forgets, with a reconciler that dies in between.
//! Whatever the schedule: no second server is ever made while one exists, and once the faults are over everything is settled.

use chrono::{DateTime, Duration, Utc};
use proptest::prelude::*;
use providers::{Server, ServerState};

use super::decision::{Decision, next_step};
use super::facts::{CloudOperation, Facts, OperationState, Seen, WorkerFacts};
use super::{Event, Failure, Status, Timing, WorkerPhase, target};

/// How a call goes wrong, or doesn't.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    /// It has its effect; the answer is lost.
    LostAnswer,
    /// It has no effect; the caller cannot know.
    ServerError,
    /// It has its effect, and the reconciler dies before it writes anything down.
    CrashAfter,
    /// The reconciler dies before the call.
    CrashBefore,
    Refused,
    RateLimited,
    /// Looks do not see servers of the last two seconds; a start falls back; a deletion is forgotten.
    Lag,
}

fn faults() -> impl Strategy<Value = Vec<Fault>> {
    let one = prop_oneof![
        3 => Just(Fault::None),
        2 => Just(Fault::LostAnswer),
        2 => Just(Fault::ServerError),
        2 => Just(Fault::CrashAfter),
        1 => Just(Fault::CrashBefore),
        1 => Just(Fault::Refused),
        2 => Just(Fault::RateLimited),
        2 => Just(Fault::Lag),
    ];
    proptest::collection::vec(one, 0..25)
}

struct World {
    now: DateTime<Utc>,
    facts: Facts,
    server_id: Option<String>,
    servers: Vec<Server>,
    made: usize,
    faults: std::vec::IntoIter<Fault>,
    history: Vec<Status>,
}

impl World {
    fn new(faults: Vec<Fault>) -> Self {
        let now = DateTime::UNIX_EPOCH;
        let facts = Facts {
            timing: Timing::of("mock"),
            status: Status::Provisioning,
            status_since: now,
            should_run: true,
            is_approved: false,
            weights_gb: 0,
            has_server: false,
            server_started_at: None,
            missing_since: None,
            create: None,
            start: None,
            delete: None,
            worker: WorkerFacts::default(),
            health_checked_at: None,
            seen: None,
            probe_failed: false,
            fleet_is_suspect: false,
        };
        Self {
            now,
            facts,
            server_id: None,
            servers: Vec::new(),
            made: 0,
            faults: faults.into_iter(),
            history: vec![Status::Provisioning],
        }
    }

    /// One decision and what comes of it. False: nothing more happens by itself.
    fn step(&mut self) -> bool {
        self.report();
        let decision = next_step(&self.facts, self.now);
        match decision {
            Decision::Wait(until) => {
                assert!(until > self.now, "a wait must end later than now");
                if until - self.now >= Duration::minutes(30) {
                    return false;
                }
                self.now = until;
                self.forget();
            }
            Decision::Move(event, _) => self.move_on(event),
            Decision::Intend => {
                let attempt = self.facts.create.as_ref().map_or(0, |create| create.attempt) + 1;
                self.facts.create = Some(operation(OperationState::Intended, attempt, self.now));
            }
            Decision::Create => self.create(),
            Decision::CancelIntent | Decision::ConcludeAbsent => {
                self.finish_create(OperationState::Failed, Some("order_lost"));
                self.facts.missing_since = None;
            }
            Decision::Look => self.look(),
            Decision::Start => self.start(),
            Decision::Delete | Decision::DeleteExtras => self.delete(),
            Decision::Probe => self.facts.health_checked_at = Some(self.now),
        }
        true
    }

    fn forget(&mut self) {
        self.facts.seen = None;
        self.facts.probe_failed = false;
    }

    fn move_on(&mut self, event: Event) {
        let to = target(self.facts.status, event).expect("a decision stays within the table");
        self.facts.status = to;
        self.facts.status_since = self.now;
        if matches!(event, Event::TerminationRequested | Event::CleanupNeeded) {
            self.facts.should_run = false;
        }
        if to == Status::Terminating {
            self.facts.missing_since = None;
        }
        self.history.push(to);
    }

    fn terminate(&mut self) {
        if let Some(event) = super::termination_of(self.facts.status) {
            self.move_on(event);
        }
    }

    fn fault(&mut self) -> Fault {
        self.faults.next().unwrap_or(Fault::None)
    }

    /// A call; `None`: the reconciler died and wrote nothing down. It comes back when its lease has run out.
    fn call(&mut self, fault: Fault, effect: impl FnOnce(&mut Self)) -> Option<Result<(), &'static str>> {
        let outcome = match fault {
            Fault::CrashBefore => None,
            Fault::CrashAfter => {
                effect(self);
                None
            }
            Fault::LostAnswer => {
                effect(self);
                Some(Err("provider_outcome_unknown"))
            }
            Fault::ServerError => Some(Err("provider_outcome_unknown")),
            Fault::Refused => Some(Err("out_of_stock")),
            Fault::RateLimited => Some(Err("provider_rate_limited")),
            Fault::None | Fault::Lag => {
                effect(self);
                Some(Ok(()))
            }
        };
        if outcome.is_none() {
            self.now += Duration::seconds(15);
            self.forget();
        }
        outcome
    }

    fn create(&mut self) {
        self.facts.seen = None;
        let attempt = self.facts.create.as_ref().map_or(1, |create| create.attempt);
        self.facts.create = Some(operation(OperationState::Sent, attempt, self.now));
        let fault = self.fault();
        let outcome = self.call(fault, |world| {
            assert!(world.servers.is_empty(), "a second server is made while one exists");
            world.made += 1;
            let server = Server {
                id: format!("server-{}", world.made),
                zone: "zone".into(),
                instance_type: "type".into(),
                instance_id: None,
                state: ServerState::Stopped,
                address: None,
                created_at: world.now,
                billable_since: None,
            };
            world.servers.push(server);
        });
        match outcome {
            None => {}
            Some(Ok(())) => {
                self.server_id = self.servers.last().map(|server| server.id.clone());
                self.facts.has_server = true;
                self.finish_create(OperationState::Confirmed, None);
            }
            Some(Err(code)) => self.finish_create(state_of(code), Some(code)),
        }
    }

    fn finish_create(&mut self, state: OperationState, code: Option<&str>) {
        if let Some(create) = &mut self.facts.create {
            finish(create, state, code, self.now);
        }
    }

    fn start(&mut self) {
        self.facts.seen = None;
        let attempt = self.facts.start.as_ref().map_or(0, |start| start.attempt) + 1;
        let mut start = operation(OperationState::Sent, attempt, self.now);
        let fault = self.fault();
        let outcome = self.call(fault, |world| {
            for server in &mut world.servers {
                server.state = if fault == Fault::Lag {
                    ServerState::Stopped
                } else {
                    ServerState::Running
                };
            }
        });
        match outcome {
            None => {}
            Some(Ok(())) => {
                self.facts.server_started_at = Some(self.now);
                finish(&mut start, OperationState::Confirmed, None, self.now);
            }
            Some(Err(code)) => finish(&mut start, state_of(code), Some(code), self.now),
        }
        self.facts.start = Some(start);
    }

    fn look(&mut self) {
        let horizon = match self.fault() {
            Fault::Lag => self.now - Duration::seconds(2),
            Fault::None => self.now,
            // No answer: another visit, a little later.
            _ => {
                self.now += Duration::seconds(2);
                return self.forget();
            }
        };
        let listed: Vec<Server> = self
            .servers
            .iter()
            .filter(|server| server.created_at <= horizon)
            .cloned()
            .collect();
        let server = match &self.server_id {
            // Unlike the list, asking for one server by its id is never out of date.
            Some(id) => self.servers.iter().find(|server| server.id == *id).cloned(),
            None => listed.first().cloned(),
        };
        match &server {
            Some(found) => {
                self.facts.missing_since = None;
                if self.server_id.is_none() {
                    self.server_id = Some(found.id.clone());
                    self.facts.has_server = true;
                    self.finish_create(OperationState::Confirmed, None);
                }
            }
            None => self.facts.missing_since = self.facts.missing_since.or(Some(self.now)),
        }
        self.facts.seen = Some(Seen {
            server,
            extras: Vec::new(),
        });
    }

    fn delete(&mut self) {
        let attempt = self.facts.delete.as_ref().map_or(0, |delete| delete.attempt) + 1;
        let mut delete = operation(OperationState::Sent, attempt, self.now);
        let fault = self.fault();
        let outcome = self.call(fault, |world| {
            if fault != Fault::Lag {
                world.servers.clear();
            }
        });
        match outcome {
            None => {}
            Some(Ok(())) => finish(&mut delete, OperationState::Confirmed, None, self.now),
            Some(Err(code)) => finish(&mut delete, state_of(code), Some(code), self.now),
        }
        self.facts.delete = Some(delete);
        self.forget();
    }

    /// The worker of a running server is well and says so.
    fn report(&mut self) {
        if self.servers.iter().any(|server| server.state == ServerState::Running) {
            self.facts.worker = WorkerFacts {
                is_registered: true,
                phase: Some(if self.facts.status == Status::Draining {
                    WorkerPhase::Draining
                } else {
                    WorkerPhase::Ready
                }),
                failure: None,
                last_contact: Some(self.now),
                in_flight: 0,
                good_heartbeats: 3,
            };
        }
    }

    /// Goes on until nothing happens any more, or a ready instance was watched for long enough.
    fn settle(&mut self) {
        let mut watched = 0;
        for _ in 0..20_000 {
            watched += usize::from(self.facts.status == Status::Ready);
            if !self.step() || watched > 50 {
                return;
            }
        }
        panic!("it never settles: {:?}", self.history);
    }
}

fn operation(state: OperationState, attempt: i32, now: DateTime<Utc>) -> CloudOperation {
    CloudOperation {
        state,
        attempt,
        started_at: now,
        finished_at: None,
        failure: None,
    }
}

fn finish(operation: &mut CloudOperation, state: OperationState, code: Option<&str>, now: DateTime<Utc>) {
    operation.state = state;
    operation.finished_at = Some(now);
    operation.failure = code.map(|code| Failure::recorded(code, code));
}

fn state_of(code: &str) -> OperationState {
    if code == "provider_outcome_unknown" {
        OperationState::Unknown
    } else {
        OperationState::Failed
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn after_any_faults_there_is_one_server_for_a_ready_instance_and_none_for_an_ended_one(faults in faults()) {
        let mut world = World::new(faults);
        world.settle();
        let existing: Vec<&str> = world.servers.iter().map(|server| server.id.as_str()).collect();
        match world.facts.status {
            Status::Ready => prop_assert_eq!(existing, [world.server_id.as_deref().unwrap()]),
            Status::Terminated | Status::ProvisioningFailed => prop_assert!(existing.is_empty(), "{:?}", world.history),
            other => prop_assert!(false, "it rests in {:?}: {:?}", other, world.history),
        }
    }

    #[test]
    fn a_termination_at_any_moment_ends_with_nothing_at_the_provider(faults in faults(), moment in 0..60_usize) {
        let mut world = World::new(faults);
        for _ in 0..moment {
            world.step();
        }
        world.terminate();
        world.settle();
        prop_assert_eq!(world.facts.status, Status::Terminated, "{:?}", world.history);
        prop_assert!(world.servers.is_empty());
    }
}

#[test]
fn without_faults_a_deployment_passes_every_status_once() {
    let mut world = World::new(Vec::new());
    world.settle();
    use Status::{Booting, Installing, Provisioning, Ready, Starting};
    assert_eq!(world.history, [Provisioning, Booting, Installing, Starting, Ready]);
    assert_eq!(world.made, 1);
}

#[test]
fn silence_makes_it_unavailable_heartbeats_bring_it_back_and_lasting_silence_ends_it() {
    let mut world = World::new(Vec::new());
    world.settle();
    world.now += Duration::minutes(6);
    assert!(matches!(
        next_step(&world.facts, world.now),
        Decision::Move(Event::SignalsLost, _)
    ));
    world.move_on(Event::SignalsLost);
    world.step();
    world.step();
    assert_eq!(
        world.facts.status,
        Status::Ready,
        "two good heartbeats and a health check"
    );

    world.move_on(Event::SignalsLost);
    world.facts.seen = None;
    world.now += Duration::minutes(11);
    world.look();
    assert!(matches!(
        next_step(&world.facts, world.now),
        Decision::Move(Event::Failed, _)
    ));
    world.facts.fleet_is_suspect = true;
    assert!(
        matches!(next_step(&world.facts, world.now), Decision::Wait(_)),
        "nothing is given up while a third of the fleet seems dead"
    );
}

#[test]
fn a_third_of_the_fleet_but_at_least_three_is_a_mass_failure() {
    for (serving, silent, is_one) in [
        (3, 3, true),
        (2, 2, false),
        (9, 3, true),
        (10, 3, false),
        (100, 34, true),
    ] {
        assert_eq!(super::is_mass_failure(serving, silent), is_one, "{silent} of {serving}");
    }
}
