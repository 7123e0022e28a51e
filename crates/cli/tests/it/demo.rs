//! `inventiv demo`: something to look at within a minute, and the same again at the next start.

use reqwest::Method;
use serde_json::{Value, json};

use crate::commands::{Serving, inventiv};
use crate::program::{Installation, eventually, worker_binary};

/// A started demo and what it said of itself.
struct Demo {
    serving: Serving,
    base_url: String,
    said: Vec<String>,
}

impl Demo {
    fn start(installation: &Installation) -> Self {
        let mut command = inventiv(installation.data_dir.path());
        command
            .args(["demo", "--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0"])
            .args(["--mock-latency-scale", "0.1", "--worker-binary"])
            .arg(worker_binary());
        let (serving, said) = Serving::start(&mut command, "Their model");
        let ready = said.iter().find_map(|line| line.strip_prefix("Inventiv is ready: "));
        Self {
            base_url: ready.unwrap().trim_end_matches("/app/").to_owned(),
            serving,
            said,
        }
    }

    /// The last word of the first line that begins so.
    fn word(&self, start: &str) -> Option<&str> {
        let line = self.said.iter().find_map(|line| line.trim().strip_prefix(start))?;
        line.split_whitespace().next()
    }

    async fn send(&self, method: Method, path: &str, token: Option<&str>, body: Option<Value>) -> Value {
        let mut request = reqwest::Client::new().request(method, format!("{}{path}", self.base_url));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await.unwrap();
        let (status, text) = (response.status(), response.text().await.unwrap());
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap()
    }

    /// Signs in as the first organization's member in a role.
    async fn sign_in(&self, role: &str) -> String {
        let login = json!({"login": self.word(role).unwrap(), "password": self.word("Password of these accounts:").unwrap(),
            "transport": "bearer"});
        let token = self.send(Method::POST, "/auth/login", None, Some(login)).await["token"].clone();
        let token = token.as_str().unwrap();
        let mine = self.send(Method::GET, "/organizations", Some(token), None).await;
        assert_eq!(mine["items"][0]["role"], role);
        let into = json!({"organization_id": mine["items"][0]["id"]});
        let switched = self
            .send(Method::PUT, "/organizations/current", Some(token), Some(into))
            .await;
        switched["token"].as_str().unwrap().to_owned()
    }
}

#[tokio::test]
async fn a_demo_has_people_a_model_that_answers_and_a_week_of_usage_and_starts_again_with_the_same() {
    let installation = Installation::new();
    let mut demo = Demo::start(&installation);
    let key = demo.word("API key").unwrap().to_owned();
    for role in ["admin", "user"] {
        demo.sign_in(role).await;
    }
    let manager = demo.sign_in("manager").await;
    let usage = demo
        .send(Method::GET, "/finops/usage?group_by=day", Some(&manager), None)
        .await;
    assert!(usage["items"].as_array().unwrap().len() >= 6, "{usage}");
    assert!(usage["total"]["charge_eur"].as_str().unwrap() > "0", "{usage}");
    let week = usage["total"]["requests"].as_i64().unwrap();
    eventually("the instance is ready", &installation, async |_| {
        let instances = demo.send(Method::GET, "/instances", Some(&manager), None).await;
        let instances = instances["items"].as_array().unwrap().clone();
        assert_eq!(instances.len(), 1);
        (instances[0]["status"] == "ready" && instances[0]["is_operational"] == true).then_some(())
    })
    .await;
    let question = json!({"model": "mock/echo", "messages": [{"role": "user", "content": "hello"}]});
    let url = format!("{}/v1/chat/completions", demo.base_url);
    let answer = eventually("the model answers", &installation, async |_| {
        let request = reqwest::Client::new().post(&url).bearer_auth(&key).json(&question);
        let response = request.send().await.ok()?.error_for_status().ok()?;
        response.json::<Value>().await.ok()
    })
    .await;
    assert!(answer["usage"]["completion_tokens"].as_i64().unwrap() > 0, "{answer}");
    let password = demo.word("Password of these accounts:").unwrap().to_owned();
    demo.serving.stop();

    let mut again = Demo::start(&installation);
    assert_eq!(again.word("Password of these accounts:"), Some(password.as_str()));
    assert_eq!(again.word("API key"), Some("as"), "a key is shown once");
    let manager = again.sign_in("manager").await;
    let instances = again.send(Method::GET, "/instances", Some(&manager), None).await;
    assert_eq!(instances["items"].as_array().unwrap().len(), 1);
    // What the key used is there, and the week was not made again.
    let requests = eventually("the answered request is accounted for", &installation, async |_| {
        let usage = again.send(Method::GET, "/finops/usage", Some(&manager), None).await;
        let requests = usage["total"]["requests"].as_i64().unwrap();
        (requests > week).then_some(requests)
    })
    .await;
    assert!(requests < 2 * week, "{requests} after {week}");
    again.serving.stop();
}
