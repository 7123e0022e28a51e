//! Commands beside `serve`.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use embedded_postgres::Cluster;
use inventiv_server::plumbing::db::private;
use sqlx::{ConnectOptions as _, Connection as _, Executor as _};

/// A directory that PostgreSQL's own account may enter when the tests run as root.
fn data_dir() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    std::fs::set_permissions(directory.path(), std::fs::Permissions::from_mode(0o711)).unwrap();
    directory
}

pub fn inventiv(data_dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_inventiv"));
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("INVENTIV_DATA_DIR", data_dir)
        .env("INVENTIV_LOG", "warn")
        .stdin(Stdio::null());
    command
}

fn with_input(command: &mut Command, input: &str) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that refuses before it reads closes the pipe; its output says why.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[track_caller]
fn succeeds(output: Output) -> String {
    assert!(
        output.status.success(),
        "{}{}",
        text(&output.stdout),
        text(&output.stderr)
    );
    text(&output.stdout)
}

#[track_caller]
fn fails(output: Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stdout));
    text(&output.stdout) + &text(&output.stderr)
}

#[test]
fn an_operator_makes_and_mends_accounts_and_the_audit_log_shows_what_was_altered() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let cluster = Cluster::disposable().unwrap();
    let owner = runtime.block_on(private::prepare(&cluster, "inventiv_cli")).unwrap();
    let directory = data_dir();
    let url = owner.to_url_lossy().to_string();
    let run = |arguments: &[&str]| {
        let mut command = inventiv(directory.path());
        command.env("INVENTIV_DATABASE_URL", &url).args(arguments);
        command
    };
    succeeds(run(&["migrate"]).output().unwrap());
    succeeds(run(&["migrate"]).output().unwrap());

    let create = [
        "admin",
        "create-user",
        "--email",
        "ada@example.test",
        "--password-stdin",
    ];
    let refused = fails(with_input(&mut run(&create), "short\n"));
    assert!(refused.contains("password"), "{refused}");
    let made = succeeds(with_input(&mut run(&create), "correct horse battery\n"));
    assert!(made.contains("ada") && !made.contains("horse"), "{made}");
    let again = fails(with_input(&mut run(&create), "correct horse battery\n"));
    assert!(again.contains("belongs to another account"), "{again}");

    let reset = succeeds(run(&["admin", "reset-password", "ADA"]).output().unwrap());
    let generated = reset
        .split("Password: ")
        .nth(1)
        .unwrap()
        .split_whitespace()
        .next()
        .unwrap();
    assert_eq!(generated.len(), 20);
    succeeds(
        run(&["admin", "grant-platform-admin", "ada@example.test"])
            .output()
            .unwrap(),
    );
    let unknown = fails(run(&["admin", "grant-platform-admin", "nobody"]).output().unwrap());
    assert!(unknown.contains("login"), "{unknown}");

    let remove = || run(&["admin", "remove-second-factors", "ada"]).output().unwrap();
    let none = fails(remove());
    assert!(none.contains("no second factor"), "{none}");
    runtime.block_on(async {
        let mut connection = owner.connect().await.unwrap();
        let app = "INSERT INTO totp_authenticators (user_id, secret_encrypted, created_at, confirmed_at)
            SELECT id, 'sealed', now(), now() FROM users WHERE username = 'ada'";
        connection.execute(app).await.unwrap();
        connection.close().await.unwrap();
    });
    assert!(succeeds(remove()).contains("password alone"));

    succeeds(run(&["audit", "verify"]).output().unwrap());
    let kept = directory.path().join("heads");
    std::fs::write(&kept, succeeds(run(&["audit", "head"]).output().unwrap())).unwrap();
    let expect = ["audit", "verify", "--expect", kept.to_str().unwrap()];
    succeeds(run(&["admin", "grant-platform-admin", "ada"]).output().unwrap());
    succeeds(run(&expect).output().unwrap());
    let heads = std::fs::read_to_string(&kept).unwrap();
    let forged = format!("{heads}00000000-0000-0000-0000-000000000000 1 {}\n", "A".repeat(43));
    for (text, complaint) in [
        (forged, "the entry is not the one that was kept"),
        (heads + "some words\n", "not a line of `inventiv audit head`"),
        ("# nothing\n".to_owned(), "holds no heads"),
    ] {
        let refused = fails(with_input(&mut run(&["audit", "verify", "--expect", "-"]), &text));
        assert!(refused.contains(complaint), "{refused}");
    }
    runtime.block_on(async {
        let mut connection = owner.connect().await.unwrap();
        let role: String = sqlx::query_scalar("SELECT platform_role FROM users WHERE username = 'ada'")
            .fetch_one(&mut connection)
            .await
            .unwrap();
        assert_eq!(role, "admin");
        connection
            .execute(
                "ALTER TABLE audit_log DISABLE TRIGGER audit_log_append_only;
                 UPDATE audit_log SET after = '{}' WHERE action = 'user.reset_password'",
            )
            .await
            .unwrap();
        connection.close().await.unwrap();
    });
    let altered = fails(run(&["audit", "verify"]).output().unwrap());
    assert!(altered.contains("the entry was altered"), "{altered}");
}

#[test]
fn a_database_goes_with_its_master_secret_and_files_of_secrets_are_private() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let cluster = Cluster::disposable().unwrap();
    let owner = runtime.block_on(private::prepare(&cluster, "inventiv_secret")).unwrap();
    let (directory, elsewhere) = (data_dir(), data_dir());
    let run_in = |directory: &Path, arguments: &[&str]| {
        let mut command = inventiv(directory);
        command
            .env("INVENTIV_DATABASE_URL", owner.to_url_lossy().to_string())
            .args(arguments);
        command.output().unwrap()
    };
    // Migrating needs no secret, and makes none: it may run elsewhere.
    succeeds(run_in(elsewhere.path(), &["migrate"]));
    assert!(!elsewhere.path().join("master.secret").exists());
    let create = ["admin", "create-user", "--email", "ada@example.test"];
    succeeds(run_in(directory.path(), &create));

    let secret = directory.path().join("master.secret");
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o644)).unwrap();
    succeeds(run_in(directory.path(), &["audit", "verify"]));
    assert_eq!(mode(&secret), 0o600);

    let serve = ["serve", "--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0"];
    let demo = ["demo", "--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0"];
    let grant = ["admin", "grant-platform-admin", "ada"];
    let verify = ["audit", "verify"];
    for command in [&serve[..], &demo, &grant, &verify] {
        let lost = fails(run_in(elsewhere.path(), command));
        assert!(
            lost.contains("there is none in") && lost.contains("inventiv audit seal"),
            "{lost}"
        );
        assert!(!elsewhere.path().join("master.secret").exists());
        let another = [
            command,
            &["--master-secret", "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc"],
        ]
        .concat();
        let wrong = fails(run_in(directory.path(), &another));
        assert!(
            wrong.contains("is not the one") && wrong.contains("inventiv audit seal"),
            "{wrong}"
        );
    }
    succeeds(run_in(directory.path(), &verify));

    // Lost for good.
    succeeds(run_in(elsewhere.path(), &["audit", "seal"]));
    succeeds(run_in(elsewhere.path(), &grant));
    succeeds(run_in(elsewhere.path(), &verify));
    let old = fails(run_in(directory.path(), &verify));
    assert!(old.contains("is not the one"), "{old}");
}

/// A serving program, told to stop when dropped.
pub struct Serving(Child);

impl Serving {
    /// Returns once the program said a line that begins so, with what it said until then.
    pub fn start(command: &mut Command, last_line: &str) -> (Self, Vec<String>) {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let serving = Self(child);
        let mut said = Vec::new();
        for line in lines.by_ref() {
            said.push(line.unwrap());
            if said.iter().any(|line| line.trim().starts_with(last_line)) {
                // Whoever prints later must not find the pipe closed.
                std::thread::spawn(move || lines.for_each(drop));
                return (serving, said);
            }
        }
        panic!("it ended before it was ready: {said:?}");
    }

    pub fn stop(&mut self) {
        let told = Command::new("kill").arg(self.0.id().to_string()).status().unwrap();
        assert!(told.success());
        let deadline = Instant::now() + Duration::from_secs(60);
        while self.0.try_wait().unwrap().is_none() {
            assert!(Instant::now() < deadline, "it did not stop");
            std::thread::sleep(Duration::from_millis(25));
        }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        if self.0.try_wait().is_ok_and(|ended| ended.is_none()) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }
}

#[test]
fn a_command_beside_a_server_with_a_private_database_says_that_it_is_running() {
    let directory = data_dir();
    let mut serve = inventiv(directory.path());
    serve.args(["serve", "--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0"]);
    let (mut serving, _) = Serving::start(&mut serve, "Inventiv is ready");
    let create = || {
        let arguments = ["admin", "create-user", "--email", "ada@example.test"];
        inventiv(directory.path()).args(arguments).output().unwrap()
    };
    let refused = fails(create());
    assert!(
        refused.contains("a server is running on this data directory"),
        "{refused}"
    );
    serving.stop();
    assert!(succeeds(create()).contains("ada@example.test can sign in"));
}

#[test]
fn a_database_of_another_kind_or_out_of_reach_is_told_in_one_sentence() {
    let directory = data_dir();
    let said = |url: &str| {
        let output = inventiv(directory.path())
            .args(["migrate", "--database-url", url])
            .output()
            .unwrap();
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    assert_eq!(
        said("mysql://127.0.0.1/x"),
        "inventiv: --database-url must be a URL that begins with postgres://\n"
    );
    let refused = said("postgres://127.0.0.1:1/x");
    assert!(
        refused.starts_with("inventiv: connecting to the database: "),
        "{refused}"
    );
    assert_eq!(refused.matches("refused").count(), 1, "{refused}");
}
