//! Costs of servers and usage of models.

use chrono::{DateTime, Duration, Utc};
use rust_decimal::Decimal;
use serde_json::Value;
use uuid::Uuid;

use inventiv_server::features::instances::costs;
use inventiv_server::operation::{Operation, Workspace};
use inventiv_server::permissions::{Permission, Role};

use crate::harness::{Client, TestServer};

/// One request of somebody, as the meter would have written it.
struct Used {
    tenant: Uuid,
    user: Uuid,
    key: Option<Uuid>,
    model: &'static str,
    at: DateTime<Utc>,
    tokens: [i64; 3],
    charge: &'static str,
}

async fn record(server: &TestServer, used: &Used) {
    sqlx::query(
        "INSERT INTO inference_usage (request_id, started_at, finished_at, consumer_tenant, consumer_user_id, api_key_id, api_key_name,
            provider_tenant, model_tenant, model_id, model_name, uncached_input_tokens, cached_input_tokens, output_tokens,
            reasoning_tokens, price_id, charge_eur, outcome, http_status, streamed, latency_ms, payload_hash)
         SELECT $1, $2, $2, $3, $4, $5, CASE WHEN $5 IS NULL THEN NULL ELSE 'key' END, m.tenant, m.tenant, m.id, m.model_id, $7, $8, $9, 0,
            p.id, $10::text::numeric, 'complete', 200, true, 5, sha256('x')
         FROM models m JOIN model_prices p ON p.model_id = m.id WHERE m.model_id = $6",
    )
    .bind(inventiv_server::ids::new_id())
    .bind(used.at)
    .bind(used.tenant)
    .bind(used.user)
    .bind(used.key)
    .bind(used.model)
    .bind(used.tokens[0])
    .bind(used.tokens[1])
    .bind(used.tokens[2])
    .bind(used.charge)
    .execute(&server.owner)
    .await
    .unwrap();
}

/// From when to when (`None`: still) an instance costs how much per hour.
type Segment = (DateTime<Utc>, Option<DateTime<Utc>>, &'static str);

/// An instance of an organization with its cost segments.
async fn billed(server: &TestServer, organization: Uuid, segments: &[Segment]) -> Uuid {
    let instance = inventiv_server::ids::new_id();
    sqlx::query(
        "INSERT INTO instances (id, scope, organization_id, model_tenant, model_id, provider_id, zone_id, instance_type_id, provider_code,
            zone_code, instance_type_code, gpu_count, vram_gb, cost_per_hour_eur, status, status_since, reconcile_after, created_at)
         SELECT $1, 'organization', $2, m.tenant, m.id, t.provider_id, z.id, t.id, 'mock', z.code, t.code, 1, 24, 1, 'unavailable', now(),
            'infinity', now()
         FROM models m, instance_types t JOIN zones z ON z.provider_id = t.provider_id WHERE m.model_id = 'mock/echo' LIMIT 1",
    )
    .bind(instance)
    .bind(organization)
    .execute(&server.owner)
    .await
    .unwrap();
    for (from, to, price) in segments {
        sqlx::query(
            "INSERT INTO instance_cost_segments (id, tenant, instance_id, cost_per_hour_eur, period)
             VALUES ($1, $2, $3, $4::text::numeric, tstzrange($5, $6))",
        )
        .bind(inventiv_server::ids::new_id())
        .bind(organization)
        .bind(instance)
        .bind(price)
        .bind(from)
        .bind(to)
        .execute(&server.owner)
        .await
        .unwrap();
    }
    instance
}

async fn usage(client: &Client, path: &str) -> Value {
    client.get(path).await.expect(200).json
}

fn euros(value: &Value) -> Decimal {
    value.as_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn every_grouping_of_a_window_adds_up_to_the_same_total() {
    let server = TestServer::start().await;
    let mut owner = server.person("owner").await;
    let acme = server.organization(&mut owner, "Acme").await;
    let mut rival = server.person("rival").await;
    let globex = server.organization(&mut rival, "Globex").await;
    let now = server.program.core.clock.now();
    let keys = [None, Some(Uuid::from_u128(11)), Some(Uuid::from_u128(12))];
    for number in 0..40_i64 {
        let used = Used {
            tenant: if number % 5 == 4 { globex } else { acme },
            user: if number % 2 == 0 { owner.id } else { rival.id },
            key: keys[number as usize % 3],
            model: ["mock/echo", "openai/gpt-oss-20b"][number as usize / 3 % 2],
            at: now - Duration::hours(number * 5),
            tokens: [number, number * 2, 7],
            charge: ["0.000000000001", "0.123456789012", "3"][number as usize % 3],
        };
        record(&server, &used).await;
    }
    let fields = ["requests", "input_tokens", "cached_input_tokens", "output_tokens"];
    let mut totals = Vec::new();
    for group in ["model", "key", "day"] {
        let report = usage(&owner.client, &format!("/finops/usage?group_by={group}")).await;
        let items = report["items"].as_array().unwrap();
        assert!(items.len() > 1, "{group}");
        for field in fields {
            let sum: i64 = items.iter().map(|item| item[field].as_i64().unwrap()).sum();
            assert_eq!(report["total"][field], sum, "{group} {field}");
        }
        let sum: Decimal = items.iter().map(|item| euros(&item["charge_eur"])).sum();
        assert_eq!(euros(&report["total"]["charge_eur"]), sum, "{group}");
        totals.push(report["total"].clone());
    }
    assert_eq!((&totals[0], &totals[1]), (&totals[1], &totals[2]));
    assert_eq!(totals[0]["requests"], 32);
    // Input counts what came from the cache, too.
    assert_eq!(
        totals[0]["input_tokens"].as_i64().unwrap() * 2,
        totals[0]["cached_input_tokens"].as_i64().unwrap() * 3
    );

    // A window is the sum of its parts, too.
    let middle = (now - Duration::hours(77)).format("%Y-%m-%dT%H:%M:%SZ").to_string();
    let old = usage(&owner.client, &format!("/finops/usage?to={middle}")).await;
    let new = usage(&owner.client, &format!("/finops/usage?from={middle}")).await;
    let whole = euros(&totals[0]["charge_eur"]);
    assert_eq!(
        euros(&old["total"]["charge_eur"]) + euros(&new["total"]["charge_eur"]),
        whole
    );
    assert!(old["total"]["requests"].as_i64().unwrap() > 0 && new["total"]["requests"].as_i64().unwrap() > 0);
}

#[tokio::test]
async fn people_see_their_own_usage_and_those_who_pay_see_all_of_it() {
    let server = TestServer::start().await;
    let mut owner = server.person("owner").await;
    let acme = server.organization(&mut owner, "Acme").await;
    let user = server.member(acme, "user", Role::User).await;
    let now = server.program.core.clock.now() - Duration::minutes(1);
    let key_id = Uuid::from_u128(5);
    let key = Some(key_id);
    for (tenant, who, key) in [
        (acme, user.id, key),
        (acme, owner.id, None),
        (user.id, user.id, None),
        (acme, user.id, key),
    ] {
        let used = Used {
            tenant,
            user: who,
            key,
            model: "mock/echo",
            at: now,
            tokens: [10, 5, 1],
            charge: "0.5",
        };
        record(&server, &used).await;
    }
    let mine = usage(&user.client, "/usage?group_by=key").await;
    assert_eq!(
        (&mine["total"]["requests"], &mine["total"]["charge_eur"]),
        (&2.into(), &"1".into())
    );
    assert_eq!(
        (&mine["items"][0]["key"], &mine["items"][0]["label"]),
        (&key_id.to_string().into(), &"key".into())
    );
    assert_eq!(mine["items"][0]["input_tokens"], 30);
    assert_eq!(user.client.get("/finops/usage").await.expect(403).code(), "forbidden");
    let all = usage(&owner.client, "/finops/usage?group_by=model").await;
    assert_eq!(
        (&all["total"]["requests"], &all["items"][0]["label"]),
        (&3.into(), &"mock/echo".into())
    );
    let personal = user.client.switch_to(None).await;
    for path in ["/usage", "/finops/usage"] {
        assert_eq!(usage(&personal, path).await["total"]["requests"], 1, "{path}");
    }
    for (query, field) in [
        ("group_by=colour", "group_by"),
        ("from=yesterday", "from"),
        ("from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", "from"),
        ("limit=3", "limit"),
    ] {
        let refused = owner.client.get(&format!("/finops/usage?{query}")).await.expect(422);
        assert_eq!(refused.json["errors"][0]["field"], field, "{query}");
    }
}

#[tokio::test]
async fn servers_cost_overlap_times_price_of_their_own_organization() {
    let server = TestServer::start().await;
    let mut owner = server.person("owner").await;
    let acme = server.organization(&mut owner, "Acme").await;
    let mut rival = server.person("rival").await;
    let globex = server.organization(&mut rival, "Globex").await;
    // Long enough after midnight of the first of a month for all that follows to lie in that day.
    let now = server.program.core.clock.now();
    let noon: DateTime<Utc> = (now + Duration::days(40))
        .format("%Y-%m-01T12:00:00Z")
        .to_string()
        .parse()
        .unwrap();
    server.program.core.clock.advance(noon - now);
    let owner = server.sign_in("owner").await.switch_to(Some(acme)).await;
    let hours = |count: i64| noon - Duration::hours(count);
    let running = billed(
        &server,
        acme,
        &[(hours(10), Some(hours(6)), "1.5"), (hours(6), None, "2.25")],
    )
    .await;
    billed(&server, acme, &[(hours(30), Some(hours(9)), "10")]).await;
    billed(&server, acme, &[(hours(24 * 60), Some(hours(24 * 50)), "1000")]).await;
    billed(&server, globex, &[(hours(10), None, "7")]).await;

    let named = serde_json::json!({"name": "Chat for support"});
    owner.patch(&format!("/instances/{running}"), named).await.expect(200);
    let cost = owner.get("/finops/cost/current").await.expect(200).json;
    assert_eq!(cost["cost_per_hour_eur"], "2.25");
    let items = cost["instances"].as_array().unwrap();
    assert_eq!(items.len(), 2, "neither another's nor one that cost nothing this month");
    assert_eq!(
        (&items[0]["instance_id"], &items[0]["model_name"]),
        (&running.to_string().into(), &"Mock Echo".into())
    );
    assert_eq!(
        (&items[0]["name"], &items[1]["name"]),
        (&"Chat for support".into(), &Value::Null)
    );
    assert_eq!(
        items[0]["billed_since"],
        hours(10).to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
    );
    assert_eq!(
        (&items[1]["cost_per_hour_eur"], &items[1]["cost_to_date_eur"]),
        (&"0".into(), &"210".into())
    );
    let as_of: DateTime<Utc> = cost["as_of"].as_str().unwrap().parse().unwrap();
    let since_noon = Decimal::from((as_of - noon).num_microseconds().unwrap()) / Decimal::from(3_600_000_000_i64);
    // 4 h at 1.50, then 2.25 on; 3 of the other's 21 hours lie in this day, which is also the whole month.
    let expected = (Decimal::new(600, 2) + Decimal::new(225, 2) * (Decimal::from(6) + since_noon)).round_dp(9);
    assert_eq!(euros(&items[0]["cost_to_date_eur"]).round_dp(9), expected);
    assert_eq!(euros(&cost["today_eur"]).round_dp(9), expected + Decimal::from(30));
    assert_eq!(cost["today_eur"], cost["month_to_date_eur"]);
    assert_eq!(
        (&cost["today_tokens_eur"], &cost["today_instances_eur"]),
        (&"0".into(), &cost["today_eur"])
    );
}

#[tokio::test]
async fn every_day_of_a_window_costs_its_servers_and_its_tokens() {
    let server = TestServer::start().await;
    let mut owner = server.person("owner").await;
    let acme = server.organization(&mut owner, "Acme").await;
    let mut rival = server.person("rival").await;
    let globex = server.organization(&mut rival, "Globex").await;
    let at = |text: &str| -> DateTime<Utc> { text.parse().unwrap() };
    billed(
        &server,
        acme,
        &[(at("2026-01-01T22:00:00Z"), Some(at("2026-01-03T01:00:00Z")), "1.5")],
    )
    .await;
    billed(&server, globex, &[(at("2026-01-01T00:00:00Z"), None, "7")]).await;
    for (tenant, when, charge) in [
        (acme, "2026-01-03T12:00:00Z", "0.000000000001"),
        (acme, "2026-01-03T13:00:00Z", "0.25"),
        (acme, "2026-01-05T00:00:00Z", "9"),
        (globex, "2026-01-03T12:00:00Z", "5"),
    ] {
        let used = Used {
            tenant,
            user: owner.id,
            key: None,
            model: "mock/echo",
            at: at(when),
            tokens: [10, 5, 1],
            charge,
        };
        record(&server, &used).await;
    }
    let path = "/finops/cost/daily?from=2026-01-01T23:00:00Z&to=2026-01-05T00:00:00Z";
    let daily = owner.client.get(path).await.expect(200).json;
    let day = |day: &str, [cost, instances, tokens]: [&str; 3]| serde_json::json!({"day": day, "cost_eur": cost, "instances_eur": instances, "tokens_eur": tokens});
    assert_eq!(
        daily["items"],
        serde_json::json!([
            day("2026-01-01", ["1.5", "1.5", "0"]),
            day("2026-01-02", ["36", "36", "0"]),
            day("2026-01-03", ["1.750000000001", "1.5", "0.250000000001"]),
            day("2026-01-04", ["0", "0", "0"]),
        ])
    );
    assert_eq!(
        [&daily["cost_eur"], &daily["instances_eur"], &daily["tokens_eur"]],
        ["39.250000000001", "39", "0.250000000001"]
    );
    // What runs is not taken to run on.
    let now = server.program.core.clock.now();
    let ahead = (now + Duration::days(9)).format("%Y-%m-%dT%H:%M:%SZ").to_string();
    let until_then = rival
        .client
        .get(&format!("/finops/cost/daily?to={ahead}"))
        .await
        .expect(200)
        .json;
    let last = until_then["items"].as_array().unwrap().last().unwrap().clone();
    assert!(last["day"].as_str().unwrap() <= (now + Duration::days(1)).date_naive().to_string().as_str());
    assert!(euros(&last["instances_eur"]) <= Decimal::from(24 * 7));
    let refused = owner
        .client
        .get("/finops/cost/daily?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z");
    assert_eq!(refused.await.expect(422).json["errors"][0]["field"], "from");
}

#[tokio::test]
async fn the_cost_of_any_window_is_the_sum_of_its_parts() {
    let server = TestServer::start().await;
    let mut owner = server.person("owner").await;
    let acme = server.organization(&mut owner, "Acme").await;
    let start: DateTime<Utc> = "2026-01-01T00:00:00Z".parse().unwrap();
    let at = |seconds: i64| start + Duration::seconds(seconds);
    billed(
        &server,
        acme,
        &[
            (at(0), Some(at(5_000)), "0.7875"),
            (at(5_000), Some(at(90_001)), "25.3308"),
        ],
    )
    .await;
    billed(&server, acme, &[(at(777), None, "1.4699")]).await;
    let workspace = Workspace::Organization {
        id: acme,
        role: Role::Owner,
    };
    let operation = Operation::made_up_by_a_test(owner.id, Uuid::nil(), workspace, start);
    let authorized = operation.require(Permission::FinopsRead).unwrap();
    let mut tx = server.program.core.db.read(&authorized).await.unwrap();
    let mut cuts: Vec<i64> = (0..40).map(|number| number * number * 97 % 100_000).collect();
    cuts.extend([0, 777, 5_000, 90_001, 100_000]);
    cuts.sort_unstable();
    let mut parts = Decimal::ZERO;
    for pair in cuts.windows(2) {
        parts += costs::in_window(&mut tx, at(pair[0]), at(pair[1])).await.unwrap();
    }
    let whole = costs::in_window(&mut tx, at(0), at(100_000)).await.unwrap();
    // Each part is rounded once, to twelve places.
    let tolerance = Decimal::new(cuts.len() as i64, 12);
    assert!((parts - whole).abs() <= tolerance, "{parts} and {whole}");
    let exact = (Decimal::new(7875, 4) * Decimal::from(5_000)
        + Decimal::new(253_308, 4) * Decimal::from(85_001)
        + Decimal::new(14_699, 4) * Decimal::from(99_223))
        / Decimal::from(3_600);
    assert_eq!(whole, exact.round_dp(12));
}
