//! What a visit asks of a provider: recorded as sent before the call, and with its outcome after it. No transaction is open
//! while a call is on its way, and a lease is renewed before each, so that it outlives the call.

use std::future::Future;
use std::time::Duration;

use providers::{Boot, CreateServer, Provider, ProviderError, Server};

use super::crash::{self, Edge};
use super::visit::begin;
use crate::codes::FailureCode;
use crate::error::Error;
use crate::features::instances::Instances;
use crate::features::instances::clouds::control_plane_url;
use crate::features::instances::rules::{Failure, Seen};
use crate::features::instances::store::lease::Lease;
use crate::features::instances::store::operations::{self, Kind, Outcome};
use crate::features::instances::store::visits::{self, Visited};
use crate::features::worker_tokens;

/// Shorter than a lease.
const CALL_LIMIT: Duration = Duration::from_secs(10);

/// Why a visit ends before its time.
pub enum Interrupted {
    /// Somebody else works on the instance: nothing more may be done or written.
    LeaseLost,
    Failed(Error),
}

impl From<Error> for Interrupted {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

pub struct Effects<'a> {
    pub instances: &'a Instances,
    pub lease: &'a Lease,
    pub visited: &'a Visited,
    pub cloud: &'a dyn Provider,
}

impl Effects<'_> {
    /// Orders the server that is intended.
    pub async fn create(&self) -> Result<(), Interrupted> {
        let (tenant, id) = (self.visited.tenant, self.visited.id);
        let mut tx = begin(self.instances, self.lease).await?;
        if !operations::mark_sent(&mut tx, tenant, id, Kind::Create, self.instances.core.clock.now()).await? {
            return Err(Interrupted::LeaseLost);
        }
        tx.commit().await?;
        crash::reach(Edge::Sent);

        let order = CreateServer {
            instance_id: id,
            name: format!("inventiv-{id}"),
            zone: self.visited.zone_code.clone(),
            instance_type: self.visited.instance_type_code.clone(),
            boot: Boot {
                control_plane_url: control_plane_url(&self.instances.core.config),
                bootstrap_token: worker_tokens::bootstrap_token(&self.instances.core.master, id),
            },
        };
        let answer = within_limit(self.cloud.create_server(&order)).await;
        crash::reach(Edge::Effective);

        let mut tx = begin(self.instances, self.lease).await?;
        match &answer {
            Ok(server) => {
                visits::record_server(&mut tx, self.visited, server).await?;
                let outcome = Outcome::Confirmed {
                    external_id: Some(&server.id),
                };
                operations::finish(
                    &mut tx,
                    tenant,
                    id,
                    Kind::Create,
                    outcome,
                    self.instances.core.clock.now(),
                )
                .await?;
            }
            Err(error) => {
                let failure = in_words(error);
                operations::finish(
                    &mut tx,
                    tenant,
                    id,
                    Kind::Create,
                    outcome(error, &failure),
                    self.instances.core.clock.now(),
                )
                .await?;
            }
        }
        crate::plumbing::events::notify(tx.conn(), crate::plumbing::events::Topic::Instances, tenant, id).await?;
        tx.commit().await?;
        if answer.is_ok() {
            crash::reach(Edge::Confirmed);
        }
        Ok(())
    }

    /// Closes the open order as one without effect.
    pub async fn close_create(&self, failure: &Failure) -> Result<(), Interrupted> {
        let (tenant, id, now) = (self.visited.tenant, self.visited.id, self.instances.core.clock.now());
        let mut tx = begin(self.instances, self.lease).await?;
        operations::finish(&mut tx, tenant, id, Kind::Create, Outcome::Failed(failure), now).await?;
        visits::forget_missing(&mut tx, self.visited).await?;
        Ok(tx.commit().await?)
    }

    /// Powers the server on.
    pub async fn start(&self) -> Result<(), Interrupted> {
        let (tenant, id) = (self.visited.tenant, self.visited.id);
        let Some(server_id) = &self.visited.server_id else {
            return Ok(());
        };
        self.begin_repeatable(Kind::Start).await?;
        let answer = within_limit(self.cloud.start_server(&self.visited.zone_code, server_id)).await;
        crash::reach(Edge::Started);
        let mut tx = begin(self.instances, self.lease).await?;
        let now = self.instances.core.clock.now();
        match &answer {
            Ok(()) => {
                visits::record_start(&mut tx, self.visited, now).await?;
                let outcome = Outcome::Confirmed {
                    external_id: Some(server_id),
                };
                operations::finish(&mut tx, tenant, id, Kind::Start, outcome, now).await?;
            }
            Err(error) => {
                let failure = in_words(error);
                operations::finish(&mut tx, tenant, id, Kind::Start, outcome(error, &failure), now).await?;
            }
        }
        Ok(tx.commit().await?)
    }

    /// Looks for the server and for others with its tag. `None`: the provider did not say.
    pub async fn look(&self) -> Result<Option<Seen>, Interrupted> {
        let zone = &self.visited.zone_code;
        let tagged = match within_limit(self.cloud.find_servers(zone, self.visited.id)).await {
            Ok(tagged) => tagged,
            Err(error) => return Ok(self.no_answer(&error)),
        };
        let ours = |server: &Server| match &self.visited.server_id {
            Some(id) => server.id == *id,
            None => true,
        };
        let mut server = tagged.iter().find(|server| ours(server)).cloned();
        // A list may lag behind; only the server's own address proves that it is not there.
        if server.is_none()
            && let Some(id) = &self.visited.server_id
        {
            server = match within_limit(self.cloud.get_server(zone, id)).await {
                Ok(server) => server,
                Err(error) => return Ok(self.no_answer(&error)),
            };
        }
        let own_id = server.as_ref().map(|server| server.id.clone());
        let extras = tagged
            .into_iter()
            .filter(|other| Some(&other.id) != own_id.as_ref())
            .collect();
        let mut tx = begin(self.instances, self.lease).await?;
        visits::record_look(&mut tx, self.visited, server.as_ref(), self.instances.core.clock.now()).await?;
        tx.commit().await?;
        Ok(Some(Seen { server, extras }))
    }

    /// Asks for the deletion of everything that the look showed.
    pub async fn delete_seen(&self) -> Result<(), Interrupted> {
        let (tenant, id) = (self.visited.tenant, self.visited.id);
        let seen = self.visited.facts.seen.clone().unwrap_or_default();
        self.begin_repeatable(Kind::Delete).await?;
        let mut answer = Ok(());
        for server in seen.server.iter().chain(&seen.extras) {
            answer = answer.and(within_limit(self.cloud.delete_server(&self.visited.zone_code, &server.id)).await);
        }
        crash::reach(Edge::Deleted);
        let mut tx = begin(self.instances, self.lease).await?;
        let now = self.instances.core.clock.now();
        match &answer {
            Ok(()) => {
                let external_id = seen.server.as_ref().map(|server| server.id.as_str());
                operations::finish(
                    &mut tx,
                    tenant,
                    id,
                    Kind::Delete,
                    Outcome::Confirmed { external_id },
                    now,
                )
                .await?;
            }
            Err(error) => {
                let failure = in_words(error);
                operations::finish(&mut tx, tenant, id, Kind::Delete, outcome(error, &failure), now).await?;
            }
        }
        Ok(tx.commit().await?)
    }

    /// Asks for the deletion of servers that should not be there. They are looked for again at every look.
    pub async fn delete_extras(&self) -> Result<(), Interrupted> {
        let seen = self.visited.facts.seen.clone().unwrap_or_default();
        for server in &seen.extras {
            tracing::error!(instance_id = %self.visited.id, server_id = server.id, "a second server carries this instance's tag and is deleted");
            begin(self.instances, self.lease).await?.commit().await?;
            if let Err(error) = within_limit(self.cloud.delete_server(&self.visited.zone_code, &server.id)).await {
                tracing::warn!(server_id = server.id, %error, "the deletion was not accepted");
            }
        }
        Ok(())
    }

    async fn begin_repeatable(&self, kind: Kind) -> Result<(), Interrupted> {
        let (tenant, id) = (self.visited.tenant, self.visited.id);
        let mut tx = begin(self.instances, self.lease).await?;
        operations::begin_repeatable(&mut tx, tenant, id, kind, self.instances.core.clock.now()).await?;
        Ok(tx.commit().await?)
    }

    fn no_answer<T>(&self, error: &ProviderError) -> Option<T> {
        tracing::warn!(instance_id = %self.visited.id, %error, "the provider did not say what exists");
        None
    }
}

/// A call that takes too long may still have its effect.
async fn within_limit<T>(call: impl Future<Output = Result<T, ProviderError>>) -> Result<T, ProviderError> {
    match tokio::time::timeout(CALL_LIMIT, call).await {
        Ok(answer) => answer,
        Err(_) => {
            let seconds = CALL_LIMIT.as_secs();
            Err(ProviderError::OutcomeUnknown(format!("no answer within {seconds} s")))
        }
    }
}

fn outcome<'a>(error: &ProviderError, failure: &'a Failure) -> Outcome<'a> {
    if error.is_refusal() {
        Outcome::Failed(failure)
    } else {
        Outcome::Unknown(failure)
    }
}

/// The provider's error as a sentence.
fn in_words(error: &ProviderError) -> Failure {
    let text = error.to_string();
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().collect::<String>());
    let code = match error {
        ProviderError::OutOfStock { .. } => FailureCode::OutOfStock,
        ProviderError::QuotaExceeded(_) => FailureCode::QuotaExceeded,
        ProviderError::Unauthorized => FailureCode::ProviderUnauthorized,
        ProviderError::InvalidRequest(_) => FailureCode::ProviderInvalidRequest,
        ProviderError::RateLimited { .. } => FailureCode::ProviderRateLimited,
        ProviderError::OutcomeUnknown(_) => FailureCode::ProviderOutcomeUnknown,
    };
    Failure::new(&code, format!("{}{}.", first.unwrap_or_default(), letters.as_str()))
}
