//! Faults of the mock cloud and the journal that shows what they did.
#![allow(clippy::unwrap_used)]
#[allow(dead_code)]
mod support;

use std::time::Duration;

use providers::mock::{Effect, Fault, FaultPlan, Latencies, MockCloud, MockCloudConfig, PlannedFault};
use providers::{Operation, Provider, ProviderError, ServerState};
use support::{Site, ZONE, eventually, gone, order, processes_of, running};

fn once(operation: Operation, fault: Fault) -> FaultPlan {
    FaultPlan::default().once(operation, fault)
}

#[tokio::test]
async fn a_lost_answer_leaves_exactly_one_server_and_the_journal_says_so() {
    let site = Site::new();
    let cloud = site.open().await;
    cloud
        .set_faults(&once(Operation::CreateServer, Fault::LostAnswer))
        .await
        .unwrap();
    let order = order();
    let error = cloud.create_server(&order).await.unwrap_err();
    assert!(matches!(error, ProviderError::OutcomeUnknown(_)), "{error:?}");
    let found = cloud.find_servers(ZONE, order.instance_id).await.unwrap();
    assert_eq!(
        cloud.created_servers(order.instance_id).await.unwrap(),
        [found[0].id.clone()]
    );
    let journal = cloud.journal().await.unwrap();
    let [entry] = journal.as_slice() else {
        panic!("{journal:?}")
    };
    assert_eq!((entry.effect, entry.fault), (Effect::Created, Some(Fault::LostAnswer)));
    assert_eq!(entry.outcome, "provider_outcome_unknown");
}

#[tokio::test]
async fn deleted_servers_still_count_as_created() {
    let site = Site::new();
    let cloud = site.open().await;
    let order = order();
    let first = cloud.create_server(&order).await.unwrap().id;
    cloud.delete_server(ZONE, &first).await.unwrap();
    gone(&cloud, &first).await;
    let second = cloud.create_server(&order).await.unwrap().id;
    assert_eq!(cloud.created_servers(order.instance_id).await.unwrap(), [first, second]);
}

#[tokio::test]
async fn a_plan_written_by_another_process_is_met_as_often_as_it_says() {
    let site = Site::new();
    let cloud = site.open().await;
    let plan = r#"[{"operation":"create_server","fault":"out_of_stock","times":2}]"#;
    std::fs::write(site.path().join("faults.json"), plan).unwrap();
    for _ in 0..2 {
        let error = cloud.create_server(&order()).await.unwrap_err();
        assert!(matches!(error, ProviderError::OutOfStock { .. }), "{error:?}");
    }
    cloud.create_server(&order()).await.unwrap();
    assert!(FaultPlan::read(site.path()).unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parallel_calls_never_meet_the_same_fault_twice() {
    let site = Site::new();
    let clouds = [site.open().await, site.open().await];
    let fault = PlannedFault {
        operation: Operation::CreateServer,
        fault: Fault::Quota,
        times: 3,
        delay_ms: None,
    };
    FaultPlan::default().with(fault).write(site.path()).unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    let clouds = std::sync::Arc::new(clouds);
    for n in 0..10 {
        let clouds = clouds.clone();
        tasks.spawn(async move { clouds[n % 2].create_server(&order()).await.is_err() });
    }
    assert_eq!(tasks.join_all().await.into_iter().filter(|refused| *refused).count(), 3);
    assert_eq!(clouds[0].list_servers(ZONE).await.unwrap().len(), 7);
}

#[tokio::test]
async fn a_create_goes_on_when_its_caller_stops_waiting() {
    let site = Site::new();
    let latencies = Latencies {
        create: Duration::from_millis(50),
        ..Latencies::scaled(0.0)
    };
    let cloud = MockCloud::open(MockCloudConfig {
        latencies,
        ..site.config()
    })
    .await
    .unwrap();
    let order = order();
    let gave_up = tokio::time::timeout(Duration::from_millis(1), cloud.create_server(&order)).await;
    assert!(gave_up.is_err());
    eventually("the server is found", async || {
        let found = cloud.find_servers(ZONE, order.instance_id).await.unwrap();
        (found.len() == 1).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_slow_create_has_its_effect_before_it_answers() {
    let site = Site::new();
    let cloud = site.open().await;
    let slow = PlannedFault {
        operation: Operation::CreateServer,
        fault: Fault::Slow,
        times: 1,
        delay_ms: Some(600_000),
    };
    cloud.set_faults(&FaultPlan::default().with(slow)).await.unwrap();
    let order = order();
    tokio::select! {
        answer = cloud.create_server(&order) => panic!("answered {answer:?} without delay"),
        () = eventually("the server is found", async || {
            let found = cloud.find_servers(ZONE, order.instance_id).await.unwrap();
            (found.len() == 1).then_some(())
        }) => {}
    }
}

#[tokio::test]
async fn a_server_without_hardware_starts_and_is_found_stopped_and_unbilled() {
    let site = Site::new();
    let cloud = site.open().await;
    cloud
        .set_faults(&once(Operation::StartServer, Fault::OutOfStockAfterStart))
        .await
        .unwrap();
    let id = cloud.create_server(&order()).await.unwrap().id;
    cloud.start_server(ZONE, &id).await.unwrap();
    let server = eventually("the server is stopped again", async || {
        cloud
            .get_server(ZONE, &id)
            .await
            .unwrap()
            .filter(|server| server.state == ServerState::Stopped)
    })
    .await;
    assert_eq!(server.billable_since, None);
    assert_eq!(processes_of(&id), [0; 0]);
    cloud.start_server(ZONE, &id).await.unwrap();
    eventually("it runs the second time", async || {
        cloud
            .get_server(ZONE, &id)
            .await
            .unwrap()
            .filter(|server| server.state == ServerState::Running)
    })
    .await;
}

#[tokio::test]
async fn a_lagging_list_lacks_the_newest_server_and_the_next_one_shows_it() {
    let site = Site::new();
    let cloud = site.open().await;
    let order = order();
    let made = cloud.create_server(&order).await.unwrap();
    let plan = once(Operation::FindServers, Fault::ListLag).once(Operation::ListServers, Fault::ListLag);
    cloud.set_faults(&plan).await.unwrap();
    assert_eq!(cloud.find_servers(ZONE, order.instance_id).await.unwrap(), []);
    assert_eq!(cloud.list_servers(ZONE).await.unwrap(), []);
    assert_eq!(cloud.get_server(ZONE, &made.id).await.unwrap(), Some(made.clone()));
    assert_eq!(cloud.find_servers(ZONE, order.instance_id).await.unwrap(), [made]);
}

#[tokio::test]
async fn a_failing_deletion_is_accepted_and_comes_to_nothing() {
    let site = Site::new();
    let cloud = site.open().await;
    let server = running(&cloud).await;
    cloud
        .set_faults(&once(Operation::DeleteServer, Fault::DeleteFails))
        .await
        .unwrap();
    cloud.delete_server(ZONE, &server.id).await.unwrap();
    assert_eq!(cloud.get_server(ZONE, &server.id).await.unwrap(), Some(server.clone()));
    cloud.delete_server(ZONE, &server.id).await.unwrap();
    gone(&cloud, &server.id).await;
}

#[tokio::test]
async fn a_vanished_server_is_gone_with_its_worker() {
    let site = Site::new();
    let cloud = site.open().await;
    let server = running(&cloud).await;
    cloud
        .set_faults(&once(Operation::GetServer, Fault::Vanish))
        .await
        .unwrap();
    assert_eq!(cloud.get_server(ZONE, &server.id).await.unwrap(), None);
    assert_eq!(processes_of(&server.id), [0; 0]);
    assert_eq!(cloud.journal().await.unwrap().last().unwrap().effect, Effect::Vanished);
}

#[tokio::test]
async fn a_server_is_seen_in_its_own_zone_only_and_other_zones_than_the_known_are_refused() {
    let site = Site::new();
    let cloud = site.open().await;
    let order = order();
    let server = cloud.create_server(&order).await.unwrap();
    assert_eq!(cloud.find_servers("mock-paris-2", order.instance_id).await.unwrap(), []);
    assert_eq!(cloud.get_server("mock-paris-2", &server.id).await.unwrap(), None);
    let error = cloud.get_server("mock-london-1", &server.id).await.unwrap_err();
    assert!(matches!(error, ProviderError::InvalidRequest(_)), "{error:?}");
}
