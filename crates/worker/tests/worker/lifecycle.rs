//! From registration to exit.

use serde_json::{Value, json};
use worker_protocol::{Directive, PROTOCOL_VERSION, Phase, codes};

use crate::client::{chat, eventually, http, port_closes, read_until};
use crate::control_plane::{ControlPlane, Registration, mock_assignment};
use crate::process::{Program, Worker, gateway_post};

const QUICK: [&str; 4] = ["--token-delay-ms", "0", "--first-token-delay-ms", "0"];

fn rank(phase: &Phase) -> usize {
    match phase {
        Phase::Installing => 0,
        Phase::EngineStarting => 1,
        Phase::ModelLoading => 2,
        Phase::WarmingUp => 3,
        Phase::Ready => 4,
        other => panic!("{other:?} is no part of a normal start"),
    }
}

#[tokio::test]
async fn a_worker_registers_once_and_is_ready_only_after_a_generated_token() {
    let slow = [QUICK.as_slice(), &["--load-ms", "400"]].concat();
    let server = ControlPlane::start(mock_assignment(&slow), &[Registration::Accept]).await;
    let _worker = Worker::start(&server, &[]);
    let (position, ready) = server.ready().await;
    server
        .heartbeat_after(position, "more after ready", |heartbeat| {
            heartbeat.sequence > ready.sequence + 2
        })
        .await;

    let registrations = server.registrations();
    assert_eq!(registrations.len(), 1);
    assert_eq!(registrations[0].protocol_version, PROTOCOL_VERSION);
    let heartbeats = server.heartbeats();
    assert!(
        heartbeats
            .iter()
            .zip(1..)
            .all(|(heartbeat, number)| heartbeat.sequence == number)
    );
    assert!(
        heartbeats
            .iter()
            .all(|heartbeat| heartbeat.boot_id == registrations[0].boot_id)
    );
    assert!(heartbeats.is_sorted_by_key(|heartbeat| rank(&heartbeat.phase)));
    assert!(
        heartbeats
            .iter()
            .any(|heartbeat| heartbeat.phase == Phase::ModelLoading)
    );
    for heartbeat in &heartbeats {
        let generated = heartbeat
            .engine
            .as_ref()
            .map_or(0, |engine| engine.generation_tokens_total);
        match rank(&heartbeat.phase) {
            4 => assert_eq!(generated, 1),
            0..=2 => assert_eq!(generated, 0),
            _ => {}
        }
    }
}

#[tokio::test]
async fn an_engine_that_generates_nothing_stays_in_warm_up_although_its_health_is_good() {
    let server = ControlPlane::start(mock_assignment(&["--fault", "hang"]), &[Registration::Accept]).await;
    let worker = Worker::start(&server, &[]);
    let warming = |heartbeat: &worker_protocol::HeartbeatRequest| heartbeat.phase == Phase::WarmingUp;
    let (position, _) = server.heartbeat_after(0, "phase warming up", warming).await;
    server
        .heartbeat_after(position + 5, "phase warming up, later", warming)
        .await;
    assert!(
        server
            .heartbeats()
            .iter()
            .all(|heartbeat| heartbeat.phase != Phase::Ready)
    );
    let health = http()
        .get(format!("http://{}/health", worker.engine_address().await))
        .send()
        .await
        .unwrap();
    assert_eq!(health.status(), 200);
    let refused = gateway_post(&server, "/v1/chat/completions")
        .json(&chat(false, json!({})))
        .send()
        .await
        .unwrap();
    assert_eq!(refused.status(), 503);
    assert_eq!(
        refused.json::<Value>().await.unwrap()["error"]["code"],
        "worker_not_ready"
    );
}

#[tokio::test]
async fn a_lost_or_failed_registration_is_repeated_with_the_same_boot_id() {
    let answers = [
        Registration::LoseAnswer,
        Registration::Unavailable,
        Registration::Accept,
    ];
    let server = ControlPlane::start(mock_assignment(&QUICK), &answers).await;
    let _worker = Worker::start(&server, &[]);
    server.ready().await;
    let registrations = server.registrations();
    assert_eq!(registrations.len(), 3);
    assert!(
        registrations
            .iter()
            .all(|registration| registration.boot_id == registrations[0].boot_id)
    );
}

#[tokio::test]
async fn each_start_has_a_boot_id_of_its_own() {
    let server = ControlPlane::start(mock_assignment(&QUICK), &[Registration::Accept]).await;
    let _one = Worker::start(&server, &[]);
    let _two = Worker::start(&server, &[]);
    let registrations = server.registered(2).await;
    assert_ne!(registrations[0].boot_id, registrations[1].boot_id);
}

#[tokio::test]
async fn a_refused_registration_ends_the_worker_without_another_attempt() {
    for code in [codes::TOKEN_REFUSED, codes::BOOT_CONFLICT, codes::PROTOCOL_UNSUPPORTED] {
        let server = ControlPlane::start(mock_assignment(&QUICK), &[Registration::Refuse(code)]).await;
        let mut worker = Worker::start(&server, &[]);
        assert_eq!(worker.program.exit_status().await, Some(3));
        assert_eq!(server.registrations().len(), 1);
        let errors = |log: String| {
            log.lines()
                .filter(|line| line.contains("\"ERROR\"") && line.contains(code))
                .count()
        };
        eventually("one error line", || async {
            (errors(worker.program.log()) == 1).then_some(())
        })
        .await;
    }
}

#[tokio::test]
async fn a_worker_token_that_is_refused_later_ends_the_engine_too() {
    let server = ControlPlane::start(mock_assignment(&QUICK), &[Registration::Accept]).await;
    let mut worker = Worker::start(&server, &[]);
    server.ready().await;
    let engine = worker.engine_address().await;
    server.answer_heartbeats(Err(codes::BOOT_CONFLICT));
    assert_eq!(worker.program.exit_status().await, Some(3));
    port_closes(&engine).await;
}

#[tokio::test]
async fn a_stop_ends_engine_and_worker() {
    let server = ControlPlane::start(mock_assignment(&QUICK), &[Registration::Accept]).await;
    let mut worker = Worker::start(&server, &[]);
    server.ready().await;
    let engine = worker.engine_address().await;
    server.answer_heartbeats(Ok(Directive::Stop));
    assert_eq!(worker.program.exit_status().await, Some(0));
    port_closes(&engine).await;
}

#[tokio::test]
async fn a_drain_refuses_new_requests_and_lets_the_running_one_finish() {
    let server = ControlPlane::start(mock_assignment(&QUICK), &[Registration::Accept]).await;
    let mut worker = Worker::start(&server, &[]);
    server.ready().await;
    // Long enough to be still running when the drain arrives, however slow the machine.
    let body = chat(true, json!({"tokens": 100, "delay_ms_per_token": 20}));
    let mut running = gateway_post(&server, "/v1/chat/completions")
        .json(&body)
        .send()
        .await
        .unwrap();
    read_until(&mut running, "You").await;
    server.answer_heartbeats(Ok(Directive::Drain));
    let (position, draining) = server
        .heartbeat_after(0, "phase draining", |heartbeat| heartbeat.phase == Phase::Draining)
        .await;
    assert_eq!(draining.in_flight, 1);
    let refused = gateway_post(&server, "/v1/chat/completions")
        .json(&chat(false, json!({})))
        .send()
        .await
        .unwrap();
    assert_eq!(refused.status(), 503);
    assert_eq!(
        refused.json::<Value>().await.unwrap()["error"]["code"],
        "worker_draining"
    );
    read_until(&mut running, "[DONE]").await;
    server
        .heartbeat_after(position, "nothing in flight", |heartbeat| heartbeat.in_flight == 0)
        .await;
    server.answer_heartbeats(Ok(Directive::Stop));
    assert_eq!(worker.program.exit_status().await, Some(0));
}

#[tokio::test]
async fn sigterm_drains_tells_the_server_and_ends_with_success() {
    let server = ControlPlane::start(mock_assignment(&QUICK), &[Registration::Accept]).await;
    let mut worker = Worker::start(&server, &[]);
    server.ready().await;
    let engine = worker.engine_address().await;
    let body = chat(true, json!({"tokens": 50, "delay_ms_per_token": 10}));
    let mut running = gateway_post(&server, "/v1/chat/completions")
        .json(&body)
        .send()
        .await
        .unwrap();
    read_until(&mut running, "You").await;
    worker.program.signal("TERM").await;
    read_until(&mut running, "[DONE]").await;
    assert_eq!(worker.program.exit_status().await, Some(0));
    assert!(
        server
            .heartbeats()
            .iter()
            .any(|heartbeat| heartbeat.phase == Phase::Draining)
    );
    port_closes(&engine).await;
}

#[tokio::test]
async fn sigterm_during_registration_ends_the_worker() {
    let server = ControlPlane::start(mock_assignment(&QUICK), &[Registration::Unavailable]).await;
    let mut worker = Worker::start(&server, &[]);
    server.registered(1).await;
    worker.program.signal("TERM").await;
    assert_eq!(worker.program.exit_status().await, Some(0));
}

#[tokio::test]
async fn an_orphan_that_serves_nothing_ends_itself_and_its_engine() {
    let server = ControlPlane::start(mock_assignment(&QUICK), &[Registration::Accept]).await;
    let mut worker = Worker::start(&server, &["--exit-when-orphaned-for", "1"]);
    server.ready().await;
    let engine = worker.engine_address().await;
    server.goes_away();
    assert_eq!(worker.program.exit_status().await, Some(4));
    port_closes(&engine).await;
}

#[tokio::test]
async fn an_outage_of_the_server_does_not_end_a_worker_without_the_switch() {
    let server = ControlPlane::start(mock_assignment(&QUICK), &[Registration::Accept]).await;
    let _worker = Worker::start(&server, &[]);
    let (position, _) = server.ready().await;
    server.goes_away();
    server
        .heartbeat_after(position + 2, "attempts during the outage", |_| true)
        .await;
    let answer = gateway_post(&server, "/v1/chat/completions")
        .json(&chat(false, json!({})))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200, "what was ready goes on serving");
    server.answer_heartbeats(Ok(Directive::Continue));
    let known = server.heartbeats().len();
    server
        .heartbeat_after(known + 1, "heartbeats after the outage", |_| true)
        .await;
    assert!(
        server
            .heartbeats()
            .is_sorted_by(|one, next| one.sequence < next.sequence)
    );
}

#[tokio::test]
async fn the_token_may_come_from_a_file_and_must_come_from_somewhere() {
    let server = ControlPlane::start(mock_assignment(&QUICK), &[Registration::Accept]).await;
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), format!("{}\n", crate::control_plane::BOOTSTRAP_TOKEN)).unwrap();
    let path = file.path().to_str().unwrap();
    let _with_file = Program::start(
        &[
            "run",
            "--control-plane-url",
            &server.url,
            "--bootstrap-token-file",
            path,
        ],
        &[],
    );
    server.ready().await;
    let mut without = Program::start(&["run", "--control-plane-url", &server.url], &[]);
    assert_eq!(without.exit_status().await, Some(1));
}
