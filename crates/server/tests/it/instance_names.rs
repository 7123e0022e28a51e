//! What people call their instances, and finding them by it.

use inventiv_server::permissions::Role;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{Answer, Client, Person, TestServer};

const NAME: &str = "Chat for support";

/// An organization and what it deploys; nothing moves its instances along.
struct Acme {
    server: TestServer,
    organization: Uuid,
    owner: Person,
    request: Value,
}

impl Acme {
    async fn new() -> Self {
        let server = TestServer::quiet().await;
        let mut owner = server.person("olga").await;
        let organization = server.organization(&mut owner, "Acme").await;
        let one =
            async |query: &'static str| -> Uuid { sqlx::query_scalar(query).fetch_one(&server.owner).await.unwrap() };
        let request = json!({
            "model_id": one("SELECT id FROM models WHERE model_id = 'mock/echo'").await,
            "instance_type_id": one("SELECT id FROM instance_types WHERE code = 'mock-l4-1'").await,
            "zone_id": one("SELECT id FROM zones WHERE code = 'mock-paris-1'").await,
        });
        Self {
            server,
            organization,
            owner,
            request,
        }
    }

    async fn asks_for(&self, name: Value) -> Answer {
        let mut request = self.request.clone();
        request["name"] = name;
        self.owner.client.post("/deployments", request).await
    }

    /// The path of a new instance.
    async fn deploys(&self, name: impl Into<Value>) -> String {
        let answer = self.asks_for(name.into()).await.expect(202);
        format!("/instances/{}", answer.json["instance_id"].as_str().unwrap())
    }

    async fn name(&self, path: &str) -> Value {
        self.owner.client.get(path).await.expect(200).json["name"].clone()
    }

    /// What the log says of instances: the act, the name before and after.
    async fn acts(&self) -> Vec<(String, Option<String>, Option<String>)> {
        sqlx::query_as(
            "SELECT action, before->>'name', after->>'name' FROM audit_log WHERE tenant = $1 AND target_type = 'instance' ORDER BY sequence",
        )
        .bind(self.organization)
        .fetch_all(&self.server.owner)
        .await
        .unwrap()
    }
}

async fn rename(client: &Client, path: &str, name: impl Into<Value>) -> Answer {
    client.patch(path, json!({"name": name.into()})).await
}

#[tokio::test]
async fn an_instance_is_named_when_it_is_deployed_and_renamed_later_even_when_it_has_ended() {
    let acme = Acme::new().await;
    let client = &acme.owner.client;
    let path = acme.deploys(format!("  {NAME} ")).await;
    assert_eq!(acme.name(&path).await, NAME);
    let without = client.post("/deployments", acme.request.clone()).await.expect(202).json["instance_id"].clone();
    assert_eq!(
        acme.name(&format!("/instances/{}", without.as_str().unwrap())).await,
        Value::Null
    );

    let renamed = rename(client, &path, " Drafts ").await.expect(200);
    assert_eq!(
        (&renamed.json["name"], &renamed.json["status"]),
        (&json!("Drafts"), &json!("provisioning"))
    );
    rename(client, &path, "Drafts").await.expect(200);
    rename(client, &path, Value::Null).await.expect(200);
    assert_eq!(acme.name(&path).await, Value::Null);
    sqlx::query("UPDATE instances SET status = 'archived'")
        .execute(&acme.server.owner)
        .await
        .unwrap();
    rename(client, &path, NAME).await.expect(200);
    assert_eq!(acme.name(&path).await, NAME);

    let (name, drafts) = (|| Some(NAME.to_owned()), || Some("Drafts".to_owned()));
    let (create, renamed) = (|| "instance.create".to_owned(), || "instance.rename".to_owned());
    let acts = [
        (create(), None, name()),
        (create(), None, None),
        (renamed(), name(), drafts()),
        (renamed(), drafts(), None),
        (renamed(), None, name()),
    ];
    assert_eq!(acme.acts().await, acts, "giving it the name that it has is no act");
    acme.server.assert_audit_log_is_intact().await;
}

#[tokio::test]
async fn a_name_that_breaks_a_rule_is_refused_and_changes_nothing() {
    let acme = Acme::new().await;
    let client = &acme.owner.client;
    let path = acme.deploys(NAME).await;
    for (name, code) in [
        (json!(""), "length"),
        (json!(" \t "), "length"),
        (json!("x".repeat(101)), "length"),
        (json!("\u{200b}"), "length"),
        (json!("a\u{202e}b"), "characters"),
        (json!("a\u{200b}b"), "characters"),
        (json!("two\nlines"), "characters"),
        (json!(7), "wrong_type"),
    ] {
        let mut preview = acme.request.clone();
        preview["dry_run"] = json!(true);
        preview["name"] = name.clone();
        for refused in [
            rename(client, &path, name.clone()).await,
            acme.asks_for(name.clone()).await,
            client.post("/deployments", preview).await,
        ] {
            let error = &refused.expect(422).json["errors"][0];
            assert_eq!(
                (&error["field"], &error["code"]),
                (&json!("name"), &json!(code)),
                "{name}"
            );
        }
    }
    let missing = client.patch(&path, json!({})).await.expect(422);
    assert_eq!(missing.json["errors"][0]["code"], "required");
    rename(client, &path, "é".repeat(100)).await.expect(200);
    rename(client, &path, NAME).await.expect(200);
    let list = client.get("/instances").await.expect(200).json["items"].clone();
    assert_eq!((list.as_array().unwrap().len(), &list[0]["name"]), (1, &json!(NAME)));
}

#[tokio::test]
async fn a_name_is_given_by_who_may_change_instances_of_that_workspace_and_from_the_version_that_was_read() {
    let acme = Acme::new().await;
    let path = acme.deploys(NAME).await;
    let mut other = acme.server.person("otto").await;
    acme.server.organization(&mut other, "Other").await;
    let platform = acme.server.platform_admin("root").await;
    for stranger in [&other.client, &platform.client] {
        rename(stranger, &path, "Mine").await.expect(404);
        rename(stranger, &path, 7).await.expect(404);
    }
    for role in [Role::User, Role::Manager] {
        let member = acme.server.member(acme.organization, role.as_str(), role).await;
        let refused = rename(&member.client, &path, "Mine").await.expect(403);
        assert_eq!(refused.json["permission"], "instance.update");
    }
    let admin = acme.server.member(acme.organization, "adam", Role::Admin).await;
    let read = admin.client.get(&path).await.expect(200);
    let insisting = admin
        .client
        .with_header("if-match", read.headers["etag"].to_str().unwrap());
    let renamed = rename(&insisting, &path, "First").await.expect(200);
    assert_ne!(renamed.headers["etag"], read.headers["etag"]);
    assert_eq!(rename(&insisting, &path, "Second").await.expect(412).code(), "stale");
    rename(&insisting, &path, 7).await.expect(412);
    assert_eq!(acme.name(&path).await, "First");
}

#[tokio::test]
async fn a_search_finds_an_instance_by_its_name_or_its_model_and_counts_it_once() {
    let acme = Acme::new().await;
    let client = &acme.owner.client;
    for name in [
        json!("Echo of support"),
        json!("100% support"),
        json!("Drafts"),
        Value::Null,
    ] {
        acme.deploys(name).await;
    }
    sqlx::query("UPDATE instances SET status = 'archived' WHERE name = 'Drafts'")
        .execute(&acme.server.owner)
        .await
        .unwrap();
    let mut other = acme.server.person("otto").await;
    acme.server.organization(&mut other, "Other").await;
    let theirs = acme.request.clone().as_object().map(|request| {
        let mut request = request.clone();
        request.insert("name".to_owned(), json!("Their support"));
        Value::Object(request)
    });
    other.client.post("/deployments", theirs.unwrap()).await.expect(202);

    let names = |answer: &Answer| -> Vec<Value> {
        let items = answer.json["items"].as_array().unwrap();
        items.iter().map(|item| item["name"].clone()).collect()
    };
    for (query, found, by_status) in [
        (
            "q=SUPPORT",
            json!(["100% support", "Echo of support"]),
            json!({"provisioning": 2}),
        ),
        (
            "q=support&sort=created_at",
            json!(["Echo of support", "100% support"]),
            json!({"provisioning": 2}),
        ),
        ("q=0%25 s", json!(["100% support"]), json!({"provisioning": 1})),
        ("q=drafts", json!(["Drafts"]), json!({"archived": 1})),
        (
            "q=s",
            json!([null, "Drafts", "100% support", "Echo of support"]),
            json!({"archived": 1, "provisioning": 3}),
        ),
        (
            "q=echo",
            json!([null, "Drafts", "100% support", "Echo of support"]),
            json!({"archived": 1, "provisioning": 3}),
        ),
        ("q=support&scope=platform", json!([]), json!({})),
        ("q=nobody", json!([]), json!({})),
    ] {
        let list = client.get(&format!("/instances?{query}")).await.expect(200);
        assert_eq!(json!(names(&list)), found, "{query}");
        let search = client.get(&format!("/instances/search?{query}")).await.expect(200);
        assert_eq!(json!(names(&search)), found, "{query}");
        assert_eq!(search.json["stats"]["by_status"], by_status, "{query}");
        assert_eq!(search.json["total"], found.as_array().unwrap().len(), "{query}");
    }
    let ended = client
        .get("/instances/search?q=drafts&status=provisioning")
        .await
        .expect(200);
    assert_eq!((names(&ended), &ended.json["total"]), (vec![], &json!(0)));
    let ended = client
        .get("/instances/search?q=drafts&status=archived")
        .await
        .expect(200);
    assert_eq!(
        (names(&ended), &ended.json["total"]),
        (vec![json!("Drafts")], &json!(1))
    );

    let first = client.get("/instances?q=support&limit=1").await.expect(200);
    let cursor = first.json["next_cursor"].as_str().unwrap();
    let second = client
        .get(&format!("/instances?q=support&limit=1&cursor={cursor}"))
        .await
        .expect(200);
    assert_eq!(
        [names(&first), names(&second)].concat(),
        [json!("100% support"), json!("Echo of support")]
    );
    assert_eq!(second.json["next_cursor"], Value::Null);
}
