//! Engines that crash, hang, are missing, or outlive their worker.

use serde_json::{Value, json};
use worker_protocol::{Assignment, Engine, HeartbeatRequest, Phase};

use crate::client::{chat, eventually, port_closes};
use crate::control_plane::{ControlPlane, Registration, mock_assignment};
use crate::process::{PROGRAM, Worker, gateway_post};

const QUICK: [&str; 4] = ["--token-delay-ms", "0", "--first-token-delay-ms", "0"];

fn failed_with(heartbeat: &HeartbeatRequest, wanted: &str) -> bool {
    matches!(&heartbeat.phase, Phase::Failed { code, .. } if code == wanted)
}

#[tokio::test]
async fn a_crashed_engine_is_started_again_and_serves_again() {
    let server = ControlPlane::start(mock_assignment(&QUICK), &[Registration::Accept]).await;
    let worker = Worker::start(&server, &[]);
    let (position, _) = server.ready().await;
    let crash = chat(false, json!({"fault": "crash"}));
    let answer = gateway_post(&server, "/v1/chat/completions")
        .json(&crash)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 502);
    let is_down = |heartbeat: &HeartbeatRequest| heartbeat.phase != Phase::Ready;
    let (position, down) = server.heartbeat_after(position, "the engine is down", is_down).await;
    assert_eq!(down.engine, None, "the numbers of a dead engine are unknown");
    server
        .heartbeat_after(position, "ready again", |heartbeat| heartbeat.phase == Phase::Ready)
        .await;
    assert_eq!(worker.engines_started(), 2);
    let answer = gateway_post(&server, "/v1/chat/completions")
        .json(&chat(false, json!({})))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
}

#[tokio::test]
async fn an_engine_that_crashes_five_times_is_given_up() {
    for fault in ["crash-at-start", "crash-at-first-token"] {
        let server = ControlPlane::start(mock_assignment(&["--fault", fault]), &[Registration::Accept]).await;
        let mut worker = Worker::start(&server, &[]);
        let (_, failed) = server
            .heartbeat_after(0, "a crash loop", |heartbeat| {
                failed_with(heartbeat, "engine_crash_loop")
            })
            .await;
        assert!(format!("{:?}", failed.phase).contains("the last: the engine ended with exit status"));
        assert_eq!(worker.engines_started(), 5);
        worker.program.signal("TERM").await;
        assert_eq!(worker.program.exit_status().await, Some(0));
    }
}

#[tokio::test]
async fn a_machine_that_only_stands_in_serves_any_model_with_the_mock_engine() {
    let assignment = Assignment {
        engine: Engine::Vllm,
        ..mock_assignment(&["--tensor-parallel-size", "8"])
    };
    let server = ControlPlane::start(assignment, &[Registration::Accept]).await;
    let _worker = Worker::start(&server, &["--simulate-engines", "--vllm", "no-such-program-here"]);
    server.ready().await;
    let answer = gateway_post(&server, "/v1/chat/completions")
        .json(&chat(false, json!({"tokens": 3})))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.json::<Value>().await.unwrap()["usage"]["completion_tokens"], 3);
}

#[tokio::test]
async fn what_cannot_start_is_told_at_once_and_not_tried_again() {
    let vllm = |arguments: &[&str]| Assignment {
        engine: Engine::Vllm,
        ..mock_assignment(arguments)
    };
    for (assignment, code) in [
        (vllm(&[]), "engine_not_found"),
        (vllm(&["--host", "0.0.0.0"]), "engine_arguments_refused"),
        (mock_assignment(&["--listen", "0.0.0.0:1"]), "engine_arguments_refused"),
    ] {
        let server = ControlPlane::start(assignment, &[Registration::Accept]).await;
        let worker = Worker::start(&server, &["--vllm", "no-such-program-here"]);
        server
            .heartbeat_after(0, code, |heartbeat| failed_with(heartbeat, code))
            .await;
        assert_eq!(worker.engines_started(), 0);
    }
}

#[tokio::test]
async fn a_hung_engine_is_degraded_and_recovers_when_it_goes_on() {
    let server = ControlPlane::start(mock_assignment(&QUICK), &[Registration::Accept]).await;
    let worker = Worker::start(&server, &["--stall-after", "0.3"]);
    let (position, _) = server.ready().await;
    let hang = chat(false, json!({"fault": "hang"}));
    let hanging = tokio::spawn(gateway_post(&server, "/v1/chat/completions").json(&hang).send());
    let is_degraded = |heartbeat: &HeartbeatRequest| matches!(heartbeat.phase, Phase::Degraded { .. });
    let (position, _) = server.heartbeat_after(position, "degraded", is_degraded).await;
    hanging.abort();
    server
        .heartbeat_after(position, "ready again", |heartbeat| heartbeat.phase == Phase::Ready)
        .await;
    assert_eq!(worker.engines_started(), 1);
}

#[tokio::test]
async fn an_engine_that_stays_degraded_is_replaced() {
    let server = ControlPlane::start(mock_assignment(&QUICK), &[Registration::Accept]).await;
    let worker = Worker::start(&server, &["--stall-after", "0.3", "--restart-degraded-after", "0.2"]);
    let (position, _) = server.ready().await;
    let hang = chat(false, json!({"fault": "hang"}));
    let answer = gateway_post(&server, "/v1/chat/completions")
        .json(&hang)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 502, "the request ends with the engine");
    let is_down = |heartbeat: &HeartbeatRequest| heartbeat.phase != Phase::Ready;
    let (position, _) = server.heartbeat_after(position, "not ready", is_down).await;
    server
        .heartbeat_after(position, "ready again", |heartbeat| heartbeat.phase == Phase::Ready)
        .await;
    assert!(worker.engines_started() > 1);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn an_engine_dies_with_a_worker_that_is_killed() {
    let server = ControlPlane::start(mock_assignment(&QUICK), &[Registration::Accept]).await;
    let mut worker = Worker::start(&server, &[]);
    server.ready().await;
    let engine = worker.engine_address().await;
    worker.program.signal("KILL").await;
    assert_eq!(worker.program.exit_status().await, None);
    port_closes(&engine).await;
}

/// A program called as `vllm serve` that is the mock engine underneath.
#[tokio::test]
async fn vllm_is_started_by_its_own_command_line_without_the_secrets_of_the_worker() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let script = directory.path().join("vllm");
    let text = format!(
        "#!/bin/sh\n\
         [ -z \"$INVENTIV_WORKER_BOOTSTRAP_TOKEN\" ] || exit 9\n\
         [ \"$1 $2\" = \"serve org/weights\" ] || exit 8\n\
         while [ $# -gt 0 ]; do\n\
         case \"$1\" in\n\
         --served-model-name) name=$2;; --host) host=$2;; --port) port=$2;; --max-model-len) length=$2;;\n\
         esac; shift; done\n\
         exec {PROGRAM} mock-engine --listen \"$host:$port\" --model \"$name\" --context-length \"$length\" \
         --token-delay-ms 0\n"
    );
    std::fs::write(&script, text).unwrap();
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
    let assignment = Assignment {
        engine: Engine::Vllm,
        ..mock_assignment(&["org/weights", "--dtype", "auto"])
    };
    let server = ControlPlane::start(assignment, &[Registration::Accept]).await;
    let worker = Worker::start(&server, &["--vllm", script.to_str().unwrap()]);
    server.ready().await;
    let answer = gateway_post(&server, "/v1/chat/completions")
        .json(&chat(false, json!({})))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.json::<Value>().await.unwrap()["model"], "demo");
    eventually("the output of the engine is in the log", || async {
        worker.program.log().contains("mock engine listens").then_some(())
    })
    .await;
}
