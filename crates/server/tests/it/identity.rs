//! Accounts, sessions and workspaces.

#![expect(clippy::disallowed_methods, reason = "a test holds a connection of the owner")]

use chrono::Duration;
use serde_json::json;

use inventiv_server::permissions::Role;

use crate::harness::{Answer, PASSWORD, TestServer};

#[tokio::test]
async fn signing_in_works_by_email_and_username_in_any_case() {
    let server = TestServer::start().await;
    server.person("alice").await;
    for login in ["alice@example.test", " Alice@Example.TEST ", "ALICE"] {
        let answer = server
            .anonymous()
            .post("/auth/login", json!({"login": login, "password": PASSWORD}))
            .await
            .expect(200);
        assert_eq!(answer.json["email"], "alice@example.test");
        assert!(
            answer.json.get("token").is_none(),
            "a browser's token is in the cookie only"
        );
        let cookie = answer.headers["set-cookie"].to_str().unwrap();
        assert!(
            cookie.starts_with("inventiv_session=") && cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"),
            "{cookie}"
        );
    }
}

#[tokio::test]
async fn a_refused_sign_in_does_not_tell_why() {
    let server = TestServer::start().await;
    server.person("alice").await;
    let wrong_password = server
        .anonymous()
        .post(
            "/auth/login",
            json!({"login": "alice", "password": "wrong horse battery"}),
        )
        .await
        .expect(401);
    let unknown = server
        .anonymous()
        .post("/auth/login", json!({"login": "nobody", "password": PASSWORD}))
        .await
        .expect(401);
    assert_eq!(wrong_password.without_request_id(), unknown.without_request_id());
    assert_eq!(unknown.code(), "invalid_credentials");
}

#[tokio::test]
async fn guessing_is_slowed_down_per_account_and_the_window_passes() {
    let server = TestServer::start().await;
    server.person("alice").await;
    let guess = json!({"login": "alice", "password": "wrong horse battery"});
    for _ in 0..10 {
        server.anonymous().post("/auth/login", guess.clone()).await.expect(401);
    }
    let refused = server
        .anonymous()
        .post("/auth/login", json!({"login": "alice", "password": PASSWORD}))
        .await
        .expect(429);
    assert!(refused.headers["retry-after"].to_str().unwrap().parse::<u64>().unwrap() > 0);
    server.person("bob").await; // another account from the same address still signs in
    server.program.core.clock.advance(Duration::minutes(16));
    server
        .anonymous()
        .post("/auth/login", json!({"login": "alice", "password": PASSWORD}))
        .await
        .expect(200);
}

#[tokio::test]
async fn strangers_who_guess_from_anywhere_do_not_stop_the_person() {
    let server = TestServer::start_with(|config| config.trusted_proxies = vec!["127.0.0.1".parse().unwrap()]).await;
    server.person("alice").await;
    let from = |address: &str| server.anonymous().with_header("x-forwarded-for", address);
    let guess = json!({"login": "alice", "password": "wrong horse battery"});
    for network in 1..=20 {
        let stranger = from(&format!("198.51.100.{network}"));
        for _ in 0..10 {
            stranger.post("/auth/login", guess.clone()).await.expect(401);
        }
        stranger.post("/auth/login", guess.clone()).await.expect(429);
    }
    let right = json!({"login": "alice", "password": PASSWORD});
    from("203.0.113.7").post("/auth/login", right.clone()).await.expect(200);
    from("2001:db8:7::1")
        .post("/auth/login", right.clone())
        .await
        .expect(200);

    // Somebody with a whole network of addresses is one guesser.
    for address in 1..=10 {
        let stranger = from(&format!("2001:db8:1:2::{address:x}"));
        stranger.post("/auth/login", guess.clone()).await.expect(401);
    }
    from("2001:db8:1:2:ffff::1")
        .post("/auth/login", right.clone())
        .await
        .expect(429);
    from("2001:db8:1:3::1").post("/auth/login", right).await.expect(200);
}

#[tokio::test]
async fn a_bearer_token_expires_and_refreshes_while_the_session_lives() {
    let server = TestServer::start().await;
    let alice = server.person("alice").await;
    server.program.core.clock.advance(Duration::minutes(11));
    assert_eq!(alice.client.get("/auth/me").await.expect(401).code(), "token_expired");
    let token = alice.client.post("/auth/refresh", json!({})).await.expect(200).json["token"]
        .as_str()
        .unwrap()
        .to_owned();
    let renewed = alice.client.with_token(&token);
    renewed.get("/auth/me").await.expect(200);
    server.program.core.clock.advance(Duration::hours(13));
    assert_eq!(
        renewed.post("/auth/refresh", json!({})).await.expect(401).code(),
        "unauthenticated"
    );
}

#[tokio::test]
async fn a_session_that_never_rests_ends_after_thirty_days_all_the_same() {
    let server = TestServer::start().await;
    let mut client = server.person("alice").await.client;
    let mut hours: u32 = 0;
    let refused = loop {
        let answer = client.post("/auth/refresh", json!({})).await;
        if answer.status != 200 {
            break answer.expect(401);
        }
        client = client.with_token(answer.json["token"].as_str().unwrap());
        assert!(hours < 40 * 24, "a session lives for ever");
        server.program.core.clock.advance(Duration::hours(11));
        hours += 11;
    };
    assert_eq!(refused.code(), "unauthenticated");
    assert_eq!(hours.div_ceil(24), 31, "{hours}");
}

#[tokio::test]
async fn a_cookie_past_half_of_its_life_is_renewed_silently_and_the_old_one_works_a_minute() {
    let server = TestServer::start().await;
    server.person("alice").await;
    let answer = server
        .anonymous()
        .post("/auth/login", json!({"login": "alice", "password": PASSWORD}))
        .await
        .expect(200);
    let cookie = cookie_of(&answer);
    let browser = server.anonymous().with_header("cookie", &cookie);
    assert!(
        browser
            .get("/auth/me")
            .await
            .expect(200)
            .headers
            .get("set-cookie")
            .is_none()
    );
    server.program.core.clock.advance(Duration::minutes(30));
    let renewed = browser.get("/auth/me").await.expect(200);
    let new_cookie = cookie_of(&renewed);
    assert_ne!(cookie, new_cookie);
    browser.get("/auth/me").await.expect(200);
    server.program.core.clock.advance(Duration::seconds(61));
    browser.get("/auth/me").await.expect(401);
    let browser = server.anonymous().with_header("cookie", &new_cookie);
    browser.get("/auth/me").await.expect(200);
    // Asked for another one, the server keeps it out of reach of scripts.
    let refreshed = browser.post("/auth/refresh", json!({})).await.expect(204);
    assert_eq!(refreshed.text, "");
    let browser = server.anonymous().with_header("cookie", &cookie_of(&refreshed));
    browser.get("/auth/me").await.expect(200);
}

#[tokio::test]
async fn an_answer_that_was_lost_is_given_again() {
    let server = TestServer::start().await;
    let mut alice = server.person("alice").await;
    let organization = server.organization(&mut alice, "Acme").await;
    let login = json!({"login": "alice", "password": PASSWORD});
    let first = cookie_of(&server.anonymous().post("/auth/login", login).await.expect(200));
    let with = |cookie: &str| server.anonymous().with_header("cookie", cookie);
    let clock = &server.program.core.clock;

    // The silent renewal: each of the answers carries the same token, so that it does not matter which arrive and in which order.
    clock.advance(Duration::minutes(6));
    let browser = with(&first);
    let answers = futures_util::future::join_all((0..8).map(|_| browser.get("/auth/me"))).await;
    let mut renewed: Vec<String> = answers.iter().map(cookie_of).collect();
    renewed.push(cookie_of(&browser.get("/auth/me").await.expect(200)));
    let second = renewed[0].clone();
    assert_ne!(second, first);
    for cookie in &renewed {
        with(cookie).get("/auth/me").await.expect(200);
    }
    // Also when somebody came with it already, and for whoever asks for the next one.
    with(&cookie_of(&browser.get("/auth/me").await.expect(200)))
        .get("/auth/me")
        .await
        .expect(200);
    let refreshed = cookie_of(&browser.post("/auth/refresh", json!({})).await.expect(204));
    with(&refreshed).get("/auth/me").await.expect(200);
    clock.advance(Duration::seconds(61));
    browser.get("/auth/me").await.expect(401);
    browser.post("/auth/refresh", json!({})).await.expect(401);
    let browser = with(&second);
    browser.get("/auth/me").await.expect(200);

    // A program's.
    let program = server.sign_in("alice").await;
    clock.advance(Duration::minutes(11));
    program.get("/auth/me").await.expect(401);
    let refresh = || async {
        let answer = program.post("/auth/refresh", json!({})).await.expect(200);
        server.anonymous().with_token(answer.json["token"].as_str().unwrap())
    };
    let (lost, kept) = (refresh().await, refresh().await);
    for client in [lost, kept] {
        client.get("/auth/me").await.expect(200);
    }

    // A switch: the one before learns that it is elsewhere, and where its next token is.
    let browser = with(&cookie_of(&browser.get("/auth/me").await.expect(200)));
    let body = json!({"organization_id": organization});
    browser.put("/organizations/current", body).await.expect(200);
    let told = browser.get("/auth/me").await.expect(409);
    let me = with(&cookie_of(&told)).get("/auth/me").await.expect(200);
    assert_eq!(me.json["current_organization_id"], json!(organization));
    clock.advance(Duration::seconds(61));
    let told = browser.get("/auth/me").await.expect(409);
    assert!(!told.headers.contains_key("set-cookie"));
    server.stop().await;
}

#[tokio::test]
async fn signing_out_ends_the_session_whatever_became_of_the_token() {
    let server = TestServer::start().await;
    let mut alice = server.person("alice").await;
    let (before_switch, clock) = (alice.client.clone(), &server.program.core.clock);
    server.organization(&mut alice, "Acme").await;
    clock.advance(Duration::seconds(61));
    before_switch.get("/auth/me").await.expect(409);
    before_switch.post("/auth/logout", json!({})).await.expect(204);
    alice.client.get("/auth/me").await.expect(401);

    let past_its_time = server.sign_in("alice").await;
    let id = past_its_time.get("/auth/me").await.expect(200).json["session_id"].clone();
    clock.advance(Duration::minutes(11));
    past_its_time.post("/auth/logout", json!({})).await.expect(204);
    let sessions = server.sign_in("alice").await.get("/auth/sessions").await.expect(200);
    assert!(
        !sessions.json["items"]
            .as_array()
            .unwrap()
            .iter()
            .any(|session| session["id"] == id)
    );
    server.stop().await;
}

/// Name and value of the cookie that an answer sets.
fn cookie_of(answer: &Answer) -> String {
    let cookie = answer.headers["set-cookie"].to_str().unwrap();
    cookie.split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn each_session_has_its_own_workspace_and_a_switch_retires_the_token() {
    let server = TestServer::start().await;
    let mut alice = server.person("alice").await;
    let old = alice.client.clone();
    let organization = server.organization(&mut alice, "Acme").await;
    assert_eq!(
        alice.client.get("/auth/me").await.expect(200).json["current_organization_id"],
        json!(organization)
    );
    assert_eq!(old.get("/auth/me").await.expect(409).code(), "workspace_changed");
    let second = server.sign_in("alice").await;
    assert!(second.get("/auth/me").await.expect(200).json["current_organization_id"].is_null());
}

#[tokio::test]
async fn signing_in_goes_on_in_the_workspace_that_was_used_last() {
    let server = TestServer::start().await;
    let mut alice = server.person("alice").await;
    let organization = server.organization(&mut alice, "Acme").await;
    let bob = server.member(organization, "bob", Role::Manager).await;
    let sign_in = async || {
        let body = json!({"login": "bob", "password": PASSWORD, "transport": "bearer"});
        let me = server.anonymous().post("/auth/login", body).await.expect(200).json;
        let client = server.anonymous().with_token(me["token"].as_str().unwrap());
        let asked = client.get("/auth/me").await.expect(200).json;
        for field in ["current_organization_id", "current_organization_role", "permissions"] {
            assert_eq!(me[field], asked[field], "{field}");
        }
        (client, asked)
    };
    let (client, me) = sign_in().await;
    assert_eq!(
        (&me["current_organization_id"], &me["current_organization_role"]),
        (&json!(organization), &json!("manager"))
    );
    // Another of the person's sessions decides as well as this one.
    client.switch_to(None).await;
    let (client, me) = sign_in().await;
    assert_eq!(me["current_organization_id"], json!(null));
    client.switch_to(Some(organization)).await;
    assert_eq!(sign_in().await.1["current_organization_id"], json!(organization));

    // What one is no member of any more is nobody's workspace.
    alice
        .client
        .delete(&format!("/organizations/current/members/{}", bob.id))
        .await
        .expect(204);
    let (_, me) = sign_in().await;
    assert_eq!(
        (&me["current_organization_id"], &me["current_organization_role"]),
        (&json!(null), &json!(null))
    );
}

#[tokio::test]
async fn a_request_that_believes_to_be_elsewhere_is_refused() {
    let server = TestServer::start().await;
    let mut alice = server.person("alice").await;
    let organization = server.organization(&mut alice, "Acme").await;
    let elsewhere = alice.client.with_header("x-inventiv-workspace", "personal");
    assert_eq!(
        elsewhere.get("/organizations/current").await.expect(409).code(),
        "workspace_changed"
    );
    assert_eq!(
        alice
            .client
            .get("/organizations/current?workspace=personal")
            .await
            .expect(409)
            .code(),
        "workspace_changed"
    );
    let right = alice
        .client
        .with_header("x-inventiv-workspace", &organization.to_string());
    right.get("/organizations/current").await.expect(200);
    elsewhere.get("/organizations").await.expect(200);
}

#[tokio::test]
async fn revoked_sessions_end_at_once_and_others_are_not_ones_own() {
    let server = TestServer::start().await;
    let alice = server.person("alice").await;
    let bob = server.person("bob").await;
    let second = server.sign_in("alice").await;
    let id = second.get("/auth/me").await.expect(200).json["session_id"]
        .as_str()
        .unwrap()
        .to_owned();
    bob.client
        .post(&format!("/auth/sessions/{id}/revoke"), json!({}))
        .await
        .expect(404);
    alice
        .client
        .post(&format!("/auth/sessions/{id}/revoke"), json!({}))
        .await
        .expect(204);
    second.get("/auth/me").await.expect(401);
    server.sign_in("alice").await;
    assert_eq!(
        alice
            .client
            .post("/auth/sessions/revoke_others", json!({}))
            .await
            .expect(200)
            .json["revoked"],
        1
    );
}

#[tokio::test]
async fn a_new_password_ends_the_other_sessions() {
    let server = TestServer::start().await;
    let alice = server.person("alice").await;
    let second = server.sign_in("alice").await;
    let change = |current: &str, new: &str| json!({"current_password": current, "new_password": new});
    let wrong = alice
        .client
        .put(
            "/auth/me/password",
            change("wrong horse battery", "another good password"),
        )
        .await
        .expect(422);
    assert_eq!(wrong.json["errors"][0]["field"], "current_password");
    alice
        .client
        .put("/auth/me/password", change(PASSWORD, "short"))
        .await
        .expect(422);
    alice
        .client
        .put("/auth/me/password", change(PASSWORD, "another good password"))
        .await
        .expect(204);
    second.get("/auth/me").await.expect(401);
    alice.client.get("/auth/me").await.expect(200);
    server
        .anonymous()
        .post("/auth/login", json!({"login": "alice", "password": PASSWORD}))
        .await
        .expect(401);
}

#[tokio::test]
async fn a_page_of_another_site_cannot_use_the_cookie() {
    let server = TestServer::start().await;
    server.person("alice").await;
    let login = json!({"login": "alice", "password": PASSWORD});
    let answer = server.anonymous().post("/auth/login", login.clone()).await.expect(200);
    let cookie = cookie_of(&answer);
    let foreign = server
        .anonymous()
        .with_header("cookie", &cookie)
        .with_header("origin", "https://evil.example");
    assert_eq!(
        foreign
            .post("/organizations", json!({"name": "Mine"}))
            .await
            .expect(403)
            .code(),
        "foreign_origin"
    );
    foreign.get("/auth/me").await.expect(200);
    server
        .anonymous()
        .with_header("sec-fetch-site", "cross-site")
        .post("/auth/login", login)
        .await
        .expect(403);
}

#[tokio::test]
async fn behind_a_trusted_https_proxy_the_cookie_is_bound_to_the_host() {
    let server = TestServer::start_with(|config| config.trusted_proxies = vec!["127.0.0.1".parse().unwrap()]).await;
    server.person("alice").await;
    let proxied = server
        .anonymous()
        .with_header("x-forwarded-proto", "https")
        .with_header("x-forwarded-for", "203.0.113.7");
    let answer = proxied
        .post("/auth/login", json!({"login": "alice", "password": PASSWORD}))
        .await
        .expect(200);
    let cookie = answer.headers["set-cookie"].to_str().unwrap().to_owned();
    assert!(
        cookie.starts_with("__Host-inventiv_session=") && cookie.contains("; Secure"),
        "{cookie}"
    );
    let browser = proxied.with_header("cookie", cookie.split(';').next().unwrap());
    let sessions = browser.get("/auth/sessions").await.expect(200);
    assert_eq!(sessions.json["items"][0]["ip_address"], "203.0.113.7");
}

#[tokio::test]
async fn a_process_answers_for_its_roles_only() {
    use inventiv_server::plumbing::config::ServerRole;
    let gateway = TestServer::start_with(|config| config.roles = vec![ServerRole::Gateway]).await;
    gateway.anonymous().get("/readyz").await.expect(200);
    gateway.anonymous().get("/v1/models").await.expect(401);
    assert_eq!(
        gateway.anonymous().get("/auth/me").await.expect(404).code(),
        "no_such_route"
    );
    let api = TestServer::start_with(|config| config.roles = vec![ServerRole::Api]).await;
    api.anonymous().get("/auth/me").await.expect(401);
    api.anonymous().get("/v1/models").await.expect(404);
}

#[tokio::test]
async fn a_server_whose_database_takes_no_changes_is_not_ready() {
    let server = TestServer::start().await;
    let set = async |mode: &str| {
        let change = format!(
            "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = {mode}', current_database()); END $$"
        );
        let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
        let mut owner = server.owner.acquire().await.unwrap();
        for statement in ["SET transaction_read_only = off", &change, end] {
            let done = sqlx::raw_sql(sqlx::AssertSqlSafe(statement.to_owned()))
                .execute(&mut *owner)
                .await;
            done.unwrap_or_else(|error| panic!("{statement}: {error}"));
        }
    };
    server.person("alice").await;
    set("on").await;
    let answer = server.anonymous().get("/readyz").await.expect(503);
    assert!(answer.text.contains("takes no changes"), "{}", answer.text);
    let body = json!({"login": "alice", "password": PASSWORD, "transport": "bearer"});
    server.anonymous().post("/auth/login", body.clone()).await.expect(503);
    set("off").await;
    server.anonymous().get("/readyz").await.expect(200);
    server.anonymous().post("/auth/login", body).await.expect(200);
}

#[tokio::test]
async fn a_password_is_the_same_from_every_keyboard_and_old_hashes_are_renewed() {
    let server = TestServer::start().await;
    let alice = server.person("alice").await;
    let (decomposed, composed) = ("cre\u{300}me bru\u{302}le\u{301}e au four", "crème brûlée au four");
    let change = json!({"current_password": PASSWORD, "new_password": decomposed});
    alice.client.put("/auth/me/password", change).await.expect(204);
    let log_in = async |password: &str| {
        let body = json!({"login": "alice", "password": password, "transport": "bearer"});
        server.anonymous().post("/auth/login", body).await
    };
    for password in [composed, decomposed] {
        log_in(password).await.expect(200);
    }
    let same = json!({"current_password": composed, "new_password": decomposed});
    let refused = alice.client.put("/auth/me/password", same).await.expect(422);
    assert_eq!(refused.json["errors"][0]["code"], "unchanged");

    // As it was hashed before passwords were normalised.
    let hash = async || -> String {
        let hash = sqlx::query_scalar("SELECT password_hash FROM users WHERE id = $1");
        hash.bind(alice.id).fetch_one(&server.owner).await.unwrap()
    };
    let old = {
        use argon2::password_hash::PasswordHasher as _;
        argon2::Argon2::default()
            .hash_password(decomposed.as_bytes())
            .unwrap()
            .to_string()
    };
    sqlx::query("UPDATE users SET password_hash = $2 WHERE id = $1")
        .bind(alice.id)
        .bind(&old)
        .execute(&server.owner)
        .await
        .unwrap();
    log_in(composed).await.expect(401);
    assert_eq!(hash().await, old);
    log_in(decomposed).await.expect(200);
    assert_ne!(hash().await, old, "renewed");
    log_in(composed).await.expect(200);
}

#[tokio::test]
async fn what_somebody_may_see_is_in_nobodys_cache() {
    let server = TestServer::start().await;
    let alice = server.person("alice").await;
    let key = alice.client.post("/api_keys", json!({"name": "k"})).await.expect(201);
    let key = server.anonymous().with_token(key.json["key"].as_str().unwrap());
    let answers = [
        alice.client.get("/auth/me").await.expect(200),
        alice.client.get("/api_keys").await.expect(200),
        alice.client.get("/nowhere").await.expect(404),
        key.get("/v1/models").await.expect(200),
        server.anonymous().get("/auth/me").await.expect(401),
    ];
    for answer in answers {
        assert_eq!(answer.headers["cache-control"], "no-store", "{}", answer.text);
    }
}
