//! The suite that every provider passes, run against the mock cloud; and against clouds that break one rule each.
#![allow(clippy::unwrap_used)]
#[allow(dead_code)]
mod support;

use async_trait::async_trait;
use providers::conformance::{Fixture, InjectedFault, check};
use providers::mock::{Fault, FaultPlan, MockCloud};
use providers::{CreateServer, Operation, Provider, ProviderError, Server};
use support::{Site, ZONE};
use uuid::Uuid;

struct MockFixture {
    provider: Spoilt,
}

#[async_trait]
impl Fixture for MockFixture {
    fn provider(&self) -> &dyn Provider {
        &self.provider
    }

    fn zone(&self) -> String {
        ZONE.to_owned()
    }

    fn instance_type(&self) -> String {
        "mock-h100-1".to_owned()
    }

    async fn inject(&self, operation: Operation, fault: InjectedFault) {
        let fault = match fault {
            InjectedFault::OutOfStock => Fault::OutOfStock,
            InjectedFault::QuotaExceeded => Fault::Quota,
            InjectedFault::Unauthorized => Fault::Unauthorized,
            InjectedFault::RateLimited => Fault::RateLimited,
            InjectedFault::LostAnswer => Fault::LostAnswer,
            InjectedFault::ServerError => Fault::ServerErrorBefore,
        };
        self.provider
            .cloud
            .set_faults(&FaultPlan::default().once(operation, fault))
            .await
            .unwrap();
    }
}

/// A mistake that a provider might make.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mistake {
    None,
    ListsNewestFirst,
    IgnoresTheTag,
    TakesFailureForAbsence,
    TakesLostAnswerForRefusal,
    RetriesLostCreates,
    ForgetsDeletions,
    FailsToDeleteWhatIsGone,
}

struct Spoilt {
    cloud: MockCloud,
    mistake: Mistake,
}

#[async_trait]
impl Provider for Spoilt {
    fn code(&self) -> &'static str {
        self.cloud.code()
    }

    async fn create_server(&self, order: &CreateServer) -> Result<Server, ProviderError> {
        match (self.cloud.create_server(order).await, self.mistake) {
            (Err(ProviderError::OutcomeUnknown(why)), Mistake::TakesLostAnswerForRefusal) => {
                Err(ProviderError::InvalidRequest(why))
            }
            (Err(ProviderError::OutcomeUnknown(_)), Mistake::RetriesLostCreates) => {
                self.cloud.create_server(order).await
            }
            (answer, _) => answer,
        }
    }

    async fn start_server(&self, zone: &str, server_id: &str) -> Result<(), ProviderError> {
        self.cloud.start_server(zone, server_id).await
    }

    async fn find_servers(&self, zone: &str, instance_id: Uuid) -> Result<Vec<Server>, ProviderError> {
        match self.mistake {
            Mistake::IgnoresTheTag => self.cloud.list_servers(zone).await,
            Mistake::TakesFailureForAbsence => Ok(self.cloud.find_servers(zone, instance_id).await.unwrap_or_default()),
            Mistake::ListsNewestFirst => self
                .cloud
                .find_servers(zone, instance_id)
                .await
                .map(|found| found.into_iter().rev().collect()),
            _ => self.cloud.find_servers(zone, instance_id).await,
        }
    }

    async fn list_servers(&self, zone: &str) -> Result<Vec<Server>, ProviderError> {
        self.cloud.list_servers(zone).await
    }

    async fn get_server(&self, zone: &str, server_id: &str) -> Result<Option<Server>, ProviderError> {
        let gone = self.mistake == Mistake::ForgetsDeletions && self.deleted(server_id).await;
        if gone {
            Ok(None)
        } else {
            self.cloud.get_server(zone, server_id).await
        }
    }

    async fn delete_server(&self, zone: &str, server_id: &str) -> Result<(), ProviderError> {
        match self.mistake {
            // Says that it is done; see `get_server`.
            Mistake::ForgetsDeletions => {
                let plan = FaultPlan::default().once(Operation::DeleteServer, Fault::DeleteFails);
                self.cloud.set_faults(&plan).await.unwrap();
                self.cloud.delete_server(zone, server_id).await
            }
            Mistake::FailsToDeleteWhatIsGone if self.cloud.get_server(zone, server_id).await?.is_none() => {
                Err(ProviderError::InvalidRequest("no such server".to_owned()))
            }
            _ => self.cloud.delete_server(zone, server_id).await,
        }
    }
}

impl Spoilt {
    async fn deleted(&self, server_id: &str) -> bool {
        let journal = self.cloud.journal().await.unwrap();
        journal
            .iter()
            .any(|entry| entry.operation == Operation::DeleteServer && entry.server_id.as_deref() == Some(server_id))
    }
}

async fn broken_rule(mistake: Mistake) -> Option<&'static str> {
    let site = Site::new();
    let fixture = MockFixture {
        provider: Spoilt {
            cloud: site.open().await,
            mistake,
        },
    };
    check(&fixture).await.err().map(|violation| violation.rule)
}

#[tokio::test]
async fn the_mock_cloud_keeps_every_rule() {
    let site = Site::new();
    let fixture = MockFixture {
        provider: Spoilt {
            cloud: site.open().await,
            mistake: Mistake::None,
        },
    };
    check(&fixture).await.unwrap();
    assert_eq!(
        fixture.provider.list_servers(ZONE).await.unwrap(),
        [],
        "the suite leaves nothing behind"
    );
}

#[tokio::test]
async fn a_provider_that_makes_a_mistake_breaks_the_rule_against_it() {
    let mistakes = [
        (Mistake::ListsNewestFirst, "oldest first"),
        (Mistake::IgnoresTheTag, "only by that tag"),
        (Mistake::TakesFailureForAbsence, "never an empty answer"),
        (Mistake::TakesLostAnswerForRefusal, "unknown outcome"),
        (Mistake::RetriesLostCreates, "unknown outcome"),
        (Mistake::ForgetsDeletions, "gone everywhere"),
        (Mistake::FailsToDeleteWhatIsGone, "more than once"),
    ];
    for (mistake, expected) in mistakes {
        let rule = broken_rule(mistake).await;
        assert!(
            rule.is_some_and(|rule| rule.contains(expected)),
            "{expected:?} expected, {rule:?} broken"
        );
    }
}
