//! Faults to switch on, kept in the cloud's directory so that a test can plan them for a server in another process.

use std::path::Path;
use std::time::Duration;
use std::{fs, io};

use serde::{Deserialize, Serialize};

use super::files::{Directory, Locked, replace};
use crate::{Operation, ProviderError};

/// Longest delay a plan may ask for.
const DELAY_LIMIT: Duration = Duration::from_secs(600);
const DEFAULT_SLOWNESS: Duration = Duration::from_secs(2);
const DEFAULT_LIST_LAG: Duration = Duration::from_secs(60);
const RETRY_AFTER_MS: u64 = 1_000;

/// What goes wrong with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// The call has its effect; the caller gets [`ProviderError::OutcomeUnknown`].
    LostAnswer,
    /// The call has its effect at once; the answer comes after `delay_ms` (2 s unless told).
    Slow,
    /// Refused. For `create_server` and `start_server`.
    OutOfStock,
    /// `start_server` is accepted; the server starts and is then found stopped again.
    OutOfStockAfterStart,
    /// Refused, to be retried after a second.
    RateLimited,
    /// No effect; the caller gets [`ProviderError::OutcomeUnknown`] and cannot know.
    ServerErrorBefore,
    /// `find_servers` and `list_servers` do not show servers made in the last `delay_ms` (1 min unless told).
    ListLag,
    /// `delete_server` is accepted and nothing comes of it.
    DeleteFails,
    /// The servers that the call is about are gone, with all that ran on them, before it looks (`create_server`: just after).
    Vanish,
    /// Refused.
    Unauthorized,
    /// Refused. For `create_server` and `start_server`.
    Quota,
}

/// One line of a plan: the next `times` calls of `operation` meet `fault`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedFault {
    pub operation: Operation,
    pub fault: Fault,
    #[serde(default = "once")]
    pub times: u32,
    /// Delays the answer, whatever the fault; for `list_lag` it is the lag instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay_ms: Option<u64>,
}

/// Faults still to happen, content of `faults.json`. A call takes the first line for its operation; a line is gone once used up.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FaultPlan {
    faults: Vec<PlannedFault>,
}

impl FaultPlan {
    /// Adds a fault for one call.
    pub fn once(self, operation: Operation, fault: Fault) -> Self {
        self.with(PlannedFault {
            operation,
            fault,
            times: 1,
            delay_ms: None,
        })
    }

    pub fn with(mut self, fault: PlannedFault) -> Self {
        self.faults.push(fault);
        self
    }

    pub fn is_empty(&self) -> bool {
        self.faults.is_empty()
    }

    /// Replaces the plan of the cloud in `directory`, which may be open in other processes. Blocks.
    ///
    /// # Errors
    /// The directory cannot be written, or a fault does not apply to its operation.
    pub fn write(&self, directory: &Path) -> io::Result<()> {
        self.replace_in(&Directory::create(directory)?.lock()?)
    }

    pub(super) fn replace_in(&self, locked: &Locked<'_>) -> io::Result<()> {
        self.check()?;
        self.save(locked)
    }

    /// What is left of the plan of the cloud in `directory`. Blocks.
    pub fn read(directory: &Path) -> io::Result<Self> {
        Self::load(&Directory::create(directory)?.lock()?)
    }

    fn load(locked: &Locked<'_>) -> io::Result<Self> {
        let content = match fs::read(locked.faults_file()) {
            Ok(content) => content,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(error),
        };
        let plan: Self = serde_json::from_slice(&content).map_err(|error| invalid(format!("faults.json: {error}")))?;
        plan.check()?;
        Ok(plan)
    }

    fn save(&self, locked: &Locked<'_>) -> io::Result<()> {
        replace(&locked.faults_file(), &serde_json::to_vec_pretty(self)?)
    }

    /// A fault that could never happen makes a test that proves nothing.
    fn check(&self) -> io::Result<()> {
        match self
            .faults
            .iter()
            .find(|planned| !planned.fault.applies_to(planned.operation))
        {
            None => Ok(()),
            Some(planned) => Err(invalid(format!(
                "faults.json: {:?} does not apply to {:?}",
                planned.fault, planned.operation
            ))),
        }
    }

    fn take(&mut self, operation: Operation) -> Option<PlannedFault> {
        self.faults.retain(|planned| planned.times > 0);
        let index = self.faults.iter().position(|planned| planned.operation == operation)?;
        self.faults[index].times -= 1;
        let taken = self.faults[index].clone();
        self.faults.retain(|planned| planned.times > 0);
        Some(taken)
    }
}

/// Takes the fault that this call meets out of the plan.
pub(super) fn take(locked: &Locked<'_>, operation: Operation) -> io::Result<Option<PlannedFault>> {
    let mut plan = FaultPlan::load(locked)?;
    let taken = plan.take(operation);
    if taken.is_some() {
        plan.save(locked)?;
    }
    Ok(taken)
}

impl PlannedFault {
    /// How long the answer is kept back.
    pub(super) fn answer_delay(&self) -> Duration {
        let delay = match (self.fault, self.delay_ms) {
            (Fault::ListLag, _) => Duration::ZERO,
            (Fault::Slow, None) => DEFAULT_SLOWNESS,
            (_, delay_ms) => Duration::from_millis(delay_ms.unwrap_or(0)),
        };
        delay.min(DELAY_LIMIT)
    }

    /// How old a server must be to be listed.
    pub(super) fn list_lag(&self) -> Duration {
        match self.fault {
            Fault::ListLag => self
                .delay_ms
                .map_or(DEFAULT_LIST_LAG, Duration::from_millis)
                .min(DELAY_LIMIT),
            _ => Duration::ZERO,
        }
    }

    /// The answer of a call that is turned away before it does anything. `instance_type` is what the call is about.
    pub(super) fn refusal(&self, zone: &str, instance_type: &str) -> Option<ProviderError> {
        match self.fault {
            Fault::OutOfStock => Some(ProviderError::OutOfStock {
                zone: zone.to_owned(),
                instance_type: instance_type.to_owned(),
            }),
            Fault::RateLimited => Some(ProviderError::RateLimited {
                retry_after_ms: RETRY_AFTER_MS,
            }),
            Fault::ServerErrorBefore => Some(ProviderError::OutcomeUnknown("500 internal error".to_owned())),
            Fault::Unauthorized => Some(ProviderError::Unauthorized),
            Fault::Quota => Some(ProviderError::QuotaExceeded("servers".to_owned())),
            Fault::LostAnswer
            | Fault::Slow
            | Fault::OutOfStockAfterStart
            | Fault::ListLag
            | Fault::DeleteFails
            | Fault::Vanish => None,
        }
    }
}

impl Fault {
    fn applies_to(self, operation: Operation) -> bool {
        use Operation::{CreateServer, DeleteServer, FindServers, ListServers, StartServer};
        match self {
            Self::LostAnswer | Self::Slow | Self::RateLimited | Self::ServerErrorBefore | Self::Unauthorized => true,
            Self::OutOfStock | Self::Quota => matches!(operation, CreateServer | StartServer),
            Self::OutOfStockAfterStart => operation == StartServer,
            Self::ListLag => matches!(operation, FindServers | ListServers),
            Self::DeleteFails => operation == DeleteServer,
            Self::Vanish => operation != ListServers,
        }
    }
}

fn once() -> u32 {
    1
}

fn invalid(message: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const OPERATIONS: [Operation; 3] = [Operation::CreateServer, Operation::GetServer, Operation::DeleteServer];

    proptest! {
        /// Each operation meets its own faults in the order and the number planned, whatever the others do in between.
        #[test]
        fn every_planned_fault_happens_as_often_as_planned_and_no_more(
            lines in proptest::collection::vec((0..3_usize, 0..4_u32, any::<bool>()), 0..8),
            order in proptest::collection::vec(0..3_usize, 0..60),
        ) {
            let mut plan = FaultPlan::default();
            let mut expected = [const { Vec::new() }; 3];
            for (operation, times, lost) in lines {
                let fault = if lost { Fault::LostAnswer } else { Fault::Slow };
                plan = plan.with(PlannedFault { operation: OPERATIONS[operation], fault, times, delay_ms: None });
                expected[operation].extend(std::iter::repeat_n(fault, times as usize));
            }
            let mut met = [const { Vec::new() }; 3];
            for operation in order.into_iter().chain([0, 1, 2].into_iter().flat_map(|one| [one; 40])) {
                met[operation].extend(plan.take(OPERATIONS[operation]).map(|planned| planned.fault));
            }
            prop_assert_eq!(met, expected);
            prop_assert!(plan.is_empty());
        }
    }

    #[test]
    fn a_plan_written_by_hand_is_read_with_its_defaults() {
        let plan: FaultPlan = serde_json::from_str(r#"[{"operation":"create_server","fault":"lost_answer"}]"#).unwrap();
        assert_eq!(
            plan,
            FaultPlan::default().once(Operation::CreateServer, Fault::LostAnswer)
        );
    }

    #[test]
    fn a_fault_that_could_never_happen_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let plan = FaultPlan::default().once(Operation::GetServer, Fault::OutOfStock);
        let error = plan.write(directory.path()).unwrap_err();
        assert!(error.to_string().contains("does not apply"), "{error}");
    }

    #[test]
    fn a_misspelt_plan_is_an_error_and_not_an_empty_plan() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(
            directory.path().join("faults.json"),
            r#"[{"operation":"create_server","fault":"lost"}]"#,
        )
        .unwrap();
        assert!(FaultPlan::read(directory.path()).is_err());
    }
}
