//! What every provider must do, as a suite that runs against any of them.
//!
//! A provider's tests build a [`Fixture`] around it (or around a fake that speaks its HTTP dialect) and call [`check`]. The rules
//! are those that the reconcilers rely on to never lose a server and never pay for two.

use std::time::{Duration, Instant};

use async_trait::async_trait;
use uuid::Uuid;

use crate::{Boot, CreateServer, Operation, Provider, ProviderError, Server, ServerState};

/// A provider under test and the means to make it fail.
#[async_trait]
pub trait Fixture: Send + Sync {
    fn provider(&self) -> &dyn Provider;

    /// A zone and an instance type that can be ordered.
    fn zone(&self) -> String;
    fn instance_type(&self) -> String;

    /// An id in the provider's format that no server has.
    fn unknown_server_id(&self) -> String {
        fresh_id().to_string()
    }

    /// Makes the next call of `operation`, and only that one, meet `fault`.
    async fn inject(&self, operation: Operation, fault: InjectedFault);

    /// Lets some time pass at the provider before the suite looks again.
    async fn pause(&self) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }

    /// How long the suite waits for anything to come true.
    fn deadline(&self) -> Duration {
        Duration::from_secs(60)
    }
}

/// Faults that every provider's fixture can produce.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InjectedFault {
    /// The provider says that it has no such hardware; nothing is made.
    OutOfStock,
    QuotaExceeded,
    Unauthorized,
    RateLimited,
    /// The call has its effect and its answer never arrives.
    LostAnswer,
    /// The provider fails before it does anything.
    ServerError,
}

/// A rule that a provider breaks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a provider must keep this rule: {rule}; but {what_happened}")]
pub struct Violation {
    pub rule: &'static str,
    pub what_happened: String,
}

/// Runs all rules, one after the other, each with instances of its own. A rule that is kept leaves no server behind.
///
/// # Errors
/// The first rule that is broken.
pub async fn check(fixture: &dyn Fixture) -> Result<(), Violation> {
    created_servers_carry_their_tag_at_once(fixture).await?;
    look_ups_agree(fixture).await?;
    starting_is_idempotent(fixture).await?;
    duplicates_are_found_oldest_first(fixture).await?;
    deletion_is_idempotent_and_complete(fixture).await?;
    unknown_servers_are_absent(fixture).await?;
    refusals_leave_nothing(fixture).await?;
    lost_answers_are_told_from_refusals(fixture).await?;
    failed_look_ups_are_no_absence(fixture).await
}

async fn created_servers_carry_their_tag_at_once(fixture: &dyn Fixture) -> Result<(), Violation> {
    let rule = Rule {
        fixture,
        says: "a created server is found by its tag at once, alone, and only by that tag",
    };
    let order = rule.order();
    let made = rule.create(&order).await?;
    rule.expect(made.instance_id == Some(order.instance_id), || {
        format!("the answer says {:?}", made.instance_id)
    })?;
    rule.expect(
        made.zone == order.zone && made.instance_type == order.instance_type,
        || format!("got {made:?}"),
    )?;
    let found = rule.find(order.instance_id).await?;
    rule.expect(ids(&found) == [&*made.id], || format!("found {found:?}"))?;
    let others = rule.find(fresh_id()).await?;
    rule.expect(others.is_empty(), || format!("another instance's tag finds {others:?}"))?;
    rule.delete_until_gone(&made.id).await
}

async fn look_ups_agree(fixture: &dyn Fixture) -> Result<(), Violation> {
    let rule = Rule {
        fixture,
        says: "create, get, find and list describe the same server",
    };
    let order = rule.order();
    let made = rule.create(&order).await?;
    let got = rule.get(&made.id).await?;
    let found = rule.find(order.instance_id).await?.pop();
    let listed = rule.list().await?.into_iter().find(|server| server.id == made.id);
    let expected = Some(identity(&made));
    for (call, server) in [("get", &got), ("find", &found), ("list", &listed)] {
        rule.expect(server.as_ref().map(identity) == expected, || {
            format!("{call} gives {server:?}, not {made:?}")
        })?;
    }
    rule.delete_until_gone(&made.id).await
}

async fn starting_is_idempotent(fixture: &dyn Fixture) -> Result<(), Violation> {
    let rule = Rule {
        fixture,
        says: "a server can be started again while it starts and while it runs, to no effect",
    };
    let order = rule.order();
    let id = rule.create(&order).await?.id;
    rule.start(&id).await?;
    rule.start(&id).await?;
    let running = rule.wait_until_running(&id).await?;
    rule.expect(running.address.is_some(), || {
        "a running server has no address".to_owned()
    })?;
    rule.expect(running.billable_since.is_some(), || {
        "a running server is not billed".to_owned()
    })?;
    rule.start(&id).await?;
    let again = rule.get(&id).await?;
    rule.expect(again.as_ref() == Some(&running), || {
        format!("{running:?} became {again:?}")
    })?;
    let found = rule.find(order.instance_id).await?;
    rule.expect(found.len() == 1, || format!("there are now {found:?}"))?;
    rule.delete_until_gone(&id).await
}

async fn duplicates_are_found_oldest_first(fixture: &dyn Fixture) -> Result<(), Violation> {
    let rule = Rule {
        fixture,
        says: "all servers of a tag are found and listed, oldest first",
    };
    let order = rule.order();
    let mut made = Vec::new();
    for _ in 0..3 {
        made.push(rule.create(&order).await?.id);
    }
    let found = rule.find(order.instance_id).await?;
    rule.expect(ids(&found) == made, || format!("found {found:?} after making {made:?}"))?;
    let mut listed = rule.list().await?;
    listed.retain(|server| server.instance_id == Some(order.instance_id));
    rule.expect(ids(&listed) == made, || {
        format!("listed {listed:?} after making {made:?}")
    })?;
    for id in &made {
        rule.delete_until_gone(id).await?;
    }
    Ok(())
}

async fn deletion_is_idempotent_and_complete(fixture: &dyn Fixture) -> Result<(), Violation> {
    let rule = Rule {
        fixture,
        says: "a server in any state can be deleted, more than once, and is then gone everywhere",
    };
    for when in [ServerState::Stopped, ServerState::Starting, ServerState::Running] {
        let order = rule.order();
        let id = rule.create(&order).await?.id;
        if when != ServerState::Stopped {
            rule.start(&id).await?;
        }
        if when == ServerState::Running {
            rule.wait_until_running(&id).await?;
        }
        rule.delete_until_gone(&id).await?;
        rule.delete(&id).await?;
        let found = rule.find(order.instance_id).await?;
        rule.expect(found.is_empty(), || {
            format!("deleted when {when:?}, find still gives {found:?}")
        })?;
        let listed = rule.list().await?;
        rule.expect(!ids(&listed).contains(&&*id), || {
            format!("deleted when {when:?}, it is still listed")
        })?;
    }
    Ok(())
}

async fn unknown_servers_are_absent(fixture: &dyn Fixture) -> Result<(), Violation> {
    let rule = Rule {
        fixture,
        says: "a server that never was is absent, deleted without complaint, and cannot be started",
    };
    let id = fixture.unknown_server_id();
    let got = rule.get(&id).await?;
    rule.expect(got.is_none(), || format!("get gives {got:?}"))?;
    rule.delete(&id).await?;
    let started = fixture.provider().start_server(&fixture.zone(), &id).await;
    let refused = matches!(started, Err(ProviderError::InvalidRequest(_)));
    rule.expect(refused, || format!("start answers {started:?}"))
}

async fn refusals_leave_nothing(fixture: &dyn Fixture) -> Result<(), Violation> {
    let rule = Rule {
        fixture,
        says: "a refusal has its own kind and leaves nothing behind",
    };
    let faults = [
        (InjectedFault::OutOfStock, "out_of_stock"),
        (InjectedFault::QuotaExceeded, "quota_exceeded"),
        (InjectedFault::Unauthorized, "provider_unauthorized"),
        (InjectedFault::RateLimited, "provider_rate_limited"),
    ];
    for (fault, code) in faults {
        let order = rule.order();
        fixture.inject(Operation::CreateServer, fault).await;
        rule.refused(&order, code).await?;
    }
    let unknown_type = CreateServer {
        instance_type: "no-such-type".to_owned(),
        ..rule.order()
    };
    rule.refused(&unknown_type, "provider_invalid_request").await
}

async fn lost_answers_are_told_from_refusals(fixture: &dyn Fixture) -> Result<(), Violation> {
    let rule = Rule {
        fixture,
        says: "an answer that was lost is an unknown outcome, and a look-up tells what happened",
    };
    let (provider, zone) = (fixture.provider(), fixture.zone());
    let order = rule.order();

    fixture
        .inject(Operation::CreateServer, InjectedFault::ServerError)
        .await;
    rule.unknown("create", provider.create_server(&order).await)?;
    let found = rule.find(order.instance_id).await?;
    rule.expect(found.is_empty(), || format!("a create that failed left {found:?}"))?;

    fixture.inject(Operation::CreateServer, InjectedFault::LostAnswer).await;
    rule.unknown("create", provider.create_server(&order).await)?;
    let found = rule.find(order.instance_id).await?;
    let [made] = found.as_slice() else {
        return rule.broken(format!("after a lost create, find gives {found:?}"));
    };

    fixture.inject(Operation::StartServer, InjectedFault::LostAnswer).await;
    rule.unknown("start", provider.start_server(&zone, &made.id).await)?;
    rule.wait_until_running(&made.id).await?;

    fixture.inject(Operation::DeleteServer, InjectedFault::LostAnswer).await;
    rule.unknown("delete", provider.delete_server(&zone, &made.id).await)?;
    rule.delete_until_gone(&made.id).await
}

async fn failed_look_ups_are_no_absence(fixture: &dyn Fixture) -> Result<(), Violation> {
    let rule = Rule {
        fixture,
        says: "a look-up that fails is an error and never an empty answer",
    };
    let (provider, zone) = (fixture.provider(), fixture.zone());
    let order = rule.order();
    let id = rule.create(&order).await?.id;
    let faults = [
        (InjectedFault::ServerError, "provider_outcome_unknown"),
        (InjectedFault::Unauthorized, "provider_unauthorized"),
        (InjectedFault::RateLimited, "provider_rate_limited"),
    ];
    for (fault, code) in faults {
        fixture.inject(Operation::GetServer, fault).await;
        rule.fails_with("get", provider.get_server(&zone, &id).await, code)?;
        fixture.inject(Operation::FindServers, fault).await;
        rule.fails_with("find", provider.find_servers(&zone, order.instance_id).await, code)?;
        fixture.inject(Operation::ListServers, fault).await;
        rule.fails_with("list", provider.list_servers(&zone).await, code)?;
    }
    rule.delete_until_gone(&id).await
}

/// A rule being checked: calls that must succeed for the check to make sense, and what to say when it is broken.
struct Rule<'a> {
    fixture: &'a dyn Fixture,
    says: &'static str,
}

impl Rule<'_> {
    fn order(&self) -> CreateServer {
        let instance_id = fresh_id();
        CreateServer {
            instance_id,
            name: format!("conformance-{instance_id}"),
            zone: self.fixture.zone(),
            instance_type: self.fixture.instance_type(),
            boot: Boot {
                // The discard port: a worker that is really started finds nobody there.
                control_plane_url: "http://127.0.0.1:9".to_owned(),
                bootstrap_token: "conformance-bootstrap-token".to_owned(),
            },
        }
    }

    async fn create(&self, order: &CreateServer) -> Result<Server, Violation> {
        self.succeeds("create", self.fixture.provider().create_server(order).await)
    }

    async fn start(&self, id: &str) -> Result<(), Violation> {
        self.succeeds(
            "start",
            self.fixture.provider().start_server(&self.fixture.zone(), id).await,
        )
    }

    async fn find(&self, instance_id: Uuid) -> Result<Vec<Server>, Violation> {
        self.succeeds(
            "find",
            self.fixture
                .provider()
                .find_servers(&self.fixture.zone(), instance_id)
                .await,
        )
    }

    async fn list(&self) -> Result<Vec<Server>, Violation> {
        self.succeeds("list", self.fixture.provider().list_servers(&self.fixture.zone()).await)
    }

    async fn get(&self, id: &str) -> Result<Option<Server>, Violation> {
        self.succeeds(
            "get",
            self.fixture.provider().get_server(&self.fixture.zone(), id).await,
        )
    }

    async fn delete(&self, id: &str) -> Result<(), Violation> {
        self.succeeds(
            "delete",
            self.fixture.provider().delete_server(&self.fixture.zone(), id).await,
        )
    }

    async fn wait_until_running(&self, id: &str) -> Result<Server, Violation> {
        let deadline = Instant::now() + self.fixture.deadline();
        loop {
            match self.get(id).await? {
                Some(server) if server.state == ServerState::Running => return Ok(server),
                Some(_) if Instant::now() < deadline => self.fixture.pause().await,
                other => return self.broken(format!("a started server did not come to run: {other:?}")),
            }
        }
    }

    /// Asks again and again, as the reconciler does: a deletion may be refused in a passing state.
    async fn delete_until_gone(&self, id: &str) -> Result<(), Violation> {
        let deadline = Instant::now() + self.fixture.deadline();
        loop {
            self.delete(id).await?;
            match self.get(id).await? {
                None => return Ok(()),
                Some(_) if Instant::now() < deadline => self.fixture.pause().await,
                Some(server) => return self.broken(format!("a deleted server stays: {server:?}")),
            }
        }
    }

    async fn refused(&self, order: &CreateServer, code: &str) -> Result<(), Violation> {
        let answer = self.fixture.provider().create_server(order).await;
        let is_refusal = answer.as_ref().err().is_some_and(ProviderError::is_refusal);
        self.expect(is_refusal, || format!("create answers {answer:?}, which is no refusal"))?;
        self.fails_with("create", answer, code)?;
        let found = self.find(order.instance_id).await?;
        self.expect(found.is_empty(), || format!("a refused create left {found:?}"))
    }

    fn unknown<T: std::fmt::Debug>(&self, call: &str, answer: Result<T, ProviderError>) -> Result<(), Violation> {
        self.fails_with(call, answer, "provider_outcome_unknown")
    }

    fn fails_with<T: std::fmt::Debug>(
        &self,
        call: &str,
        answer: Result<T, ProviderError>,
        code: &str,
    ) -> Result<(), Violation> {
        let matches = answer.as_ref().is_err_and(|error| error.code() == code);
        self.expect(matches, || format!("{call} answers {answer:?} instead of {code}"))
    }

    fn succeeds<T>(&self, call: &str, answer: Result<T, ProviderError>) -> Result<T, Violation> {
        answer.or_else(|error| self.broken(format!("{call} failed: {error}")))
    }

    fn expect(&self, holds: bool, what_happened: impl FnOnce() -> String) -> Result<(), Violation> {
        if holds { Ok(()) } else { self.broken(what_happened()) }
    }

    fn broken<T>(&self, what_happened: String) -> Result<T, Violation> {
        Err(Violation {
            rule: self.says,
            what_happened,
        })
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "each run against a real cloud must use tags that no earlier run used"
)]
fn fresh_id() -> Uuid {
    Uuid::now_v7()
}

fn ids(servers: &[Server]) -> Vec<&str> {
    servers.iter().map(|server| &*server.id).collect()
}

/// What stays the same for the life of a server.
fn identity(server: &Server) -> impl PartialEq {
    (
        server.id.clone(),
        server.zone.clone(),
        server.instance_type.clone(),
        server.instance_id,
        server.created_at,
    )
}
