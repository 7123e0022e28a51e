//! One test per list.

use uuid::Uuid;

use super::filling::{ACCOUNTS, ENTRIES, INSTANCES, INVITATIONS, KEYS, MANY, MODELS, ORGANIZATIONS};
use crate::harness::{Client, TestServer};

/// A server whose organization has many of something.
async fn filled(statement: &'static str) -> (TestServer, Client, Uuid) {
    let server = TestServer::quiet().await;
    let mut owner = server.person("olga").await;
    let organization = server.organization(&mut owner, "Full").await;
    server.fill(statement, Some(organization)).await;
    (server, owner.client, organization)
}

/// The list's first page, the one after it, both directions.
async fn pages(server: &TestServer, client: &Client, table: &str, path: &str) {
    for sort in ["-created_at", "created_at"] {
        let first = format!("{path}?sort={sort}");
        let (answer, reads) = server.reads(client, table, &first).await;
        assert_eq!(answer.json["items"].as_array().unwrap().len(), 50, "{first}");
        reads.of_a_page(&first);
        let next = format!("{first}&cursor={}", answer.json["next_cursor"].as_str().unwrap());
        let (answer, reads) = server.reads(client, table, &next).await;
        assert_eq!(answer.json["items"].as_array().unwrap().len(), 50, "{next}");
        reads.of_a_page(&next);
    }
}

#[tokio::test]
async fn a_page_of_instances() {
    let (server, client, _) = filled(INSTANCES).await;
    pages(&server, &client, "instances", "/instances").await;
}

#[tokio::test]
async fn a_page_of_instances_of_a_platform_admin_who_sees_two_tenants() {
    let server = TestServer::quiet().await;
    let admin = server.platform_admin("ada").await;
    server.fill(INSTANCES, None).await;
    pages(&server, &admin.client, "instances", "/instances").await;
}

#[tokio::test]
async fn a_search_for_instances_however_many_match() {
    let (server, client, _) = filled(INSTANCES).await;
    for (query, found) in [
        ("q=common", 50),
        ("q=rare", 3),
        ("q=no such model", 0),
        ("q=named", 4),
        ("q=named 1", 2),
        ("q=rare&sort=created_at", 3),
        ("q=common&scope=platform", 0),
    ] {
        let path = format!("/instances?{query}");
        let (answer, reads) = server.reads(&client, "instances", &path).await;
        assert_eq!(answer.json["items"].as_array().unwrap().len(), found, "{path}");
        reads.of_a_page(&path);
    }
}

#[tokio::test]
async fn a_search_that_says_how_many_match() {
    let (server, client, _) = filled(INSTANCES).await;
    for (query, total) in [
        ("", MANY),
        ("?status=failed", MANY / 100),
        ("?q=rare", 3),
        ("?q=rare&status=archived,failed", 3),
        ("?q=named", 4),
        ("?q=named&status=failed", 0),
        ("?q=common&status=ready", 0),
    ] {
        let path = format!("/instances/search{query}");
        let (answer, reads) = server.reads(&client, "instances", &path).await;
        assert_eq!(answer.json["total"], total, "{path}");
        let items = answer.json["items"].as_array().unwrap().len();
        assert_eq!(items, usize::try_from(total.min(50)).unwrap(), "{path}");
        reads.of_a_page(&path);
    }
}

#[tokio::test]
async fn a_page_of_keys() {
    let (server, client, _) = filled(KEYS).await;
    pages(&server, &client, "api_keys", "/api_keys").await;
}

#[tokio::test]
async fn a_page_of_models() {
    let (server, client, _) = filled(MODELS).await;
    pages(&server, &client, "models", "/models").await;
}

#[tokio::test]
async fn a_page_of_invitations() {
    let (server, client, _) = filled(INVITATIONS).await;
    pages(
        &server,
        &client,
        "organization_invitations",
        "/organizations/current/invitations",
    )
    .await;
}

#[tokio::test]
async fn a_page_of_members() {
    let (server, client, _) = filled(ACCOUNTS).await;
    pages(
        &server,
        &client,
        "organization_memberships",
        "/organizations/current/members",
    )
    .await;
    pages(&server, &client, "organization_memberships", "/users").await;
    for path in ["/organizations/current/members", "/users"] {
        let (_, reads) = server.reads(&client, "users", path).await;
        reads.of_a_page(path);
    }
}

#[tokio::test]
async fn a_page_of_accounts() {
    let server = TestServer::quiet().await;
    let admin = server.platform_admin("ada").await;
    server.fill(ACCOUNTS, None).await;
    pages(&server, &admin.client, "users", "/users").await;
}

#[tokio::test]
async fn my_organizations_among_many_of_others() {
    let (server, client, _) = filled(ORGANIZATIONS).await;
    let (answer, reads) = server.reads(&client, "organizations", "/organizations").await;
    assert_eq!(answer.json["items"].as_array().unwrap().len(), 1);
    reads.of_a_page("/organizations");
}

#[tokio::test]
async fn a_page_of_the_audit_log() {
    let (server, client, organization) = filled(ENTRIES).await;
    let (answer, reads) = server.reads(&client, "audit_log", "/audit_log").await;
    reads.of_a_page("/audit_log");
    let cursor = answer.json["next_cursor"].as_str().unwrap();
    for (query, found) in [
        (format!("cursor={cursor}"), 50),
        (format!("target_id={organization}"), 50),
        ("action=plans.rare".to_owned(), 3),
    ] {
        let path = format!("/audit_log?{query}");
        let (answer, reads) = server.reads(&client, "audit_log", &path).await;
        assert_eq!(answer.json["items"].as_array().unwrap().len(), found, "{path}");
        assert!(answer.json["searched_until"].is_null(), "{path}");
        reads.of_a_page(&path);
    }
}

#[tokio::test]
async fn a_search_of_the_audit_log_goes_on_where_it_stopped() {
    let (server, client, _) = filled(ENTRIES).await;
    let path = "/audit_log?q=common";
    let (answer, reads) = server.reads(&client, "audit_log", path).await;
    assert_eq!(answer.json["items"].as_array().unwrap().len(), 50);
    reads.of_a_search(path);
    for (query, found) in [("q=rare", 3), ("action=plans.&target_type=nothing", 0)] {
        let (mut seen, mut cursor, mut until) = (0, String::new(), None);
        for request in 1.. {
            let path = format!("/audit_log?{query}&limit=200{cursor}");
            let (answer, reads) = server.reads(&client, "audit_log", &path).await;
            reads.of_a_search(&path);
            seen += answer.json["items"].as_array().unwrap().len();
            let Some(next) = answer.json["next_cursor"].as_str() else {
                assert!(answer.json["searched_until"].is_null(), "{path}");
                assert_eq!(seen, found, "{path}");
                assert_eq!(request, MANY / 2_000 + 1, "{path}");
                break;
            };
            let stopped = answer.json["searched_until"].as_str().map(str::to_owned);
            assert!(stopped.is_some() && (until.is_none() || stopped < until), "{path}");
            until = stopped;
            cursor = format!("&cursor={next}");
        }
    }
}

#[tokio::test]
#[should_panic(expected = "/instances?sort=-created_at: Reads")]
async fn a_list_that_lost_its_index_is_noticed() {
    let (server, client, _) = filled(INSTANCES).await;
    sqlx::query("DROP INDEX instances_page")
        .execute(&server.owner)
        .await
        .unwrap();
    pages(&server, &client, "instances", "/instances").await;
}
