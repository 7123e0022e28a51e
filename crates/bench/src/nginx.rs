//! Plain nginx as a proxy of the same upstream: what passing a request on costs at the least.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, bail};
use tempfile::TempDir;

pub struct Nginx {
    process: Child,
    pub authority: String,
    _directory: TempDir,
}

impl Nginx {
    pub async fn start(program: &Path, upstream: &str) -> anyhow::Result<Self> {
        let directory = tempfile::Builder::new().prefix("inventiv-bench-nginx-").tempdir()?;
        let authority = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
        let here = directory.path().display();
        // Two workers like the gateway's two threads; connections to the upstream are kept; answers pass as they come.
        let configuration = format!(
            "daemon off; worker_processes 2; pid {here}/pid; error_log {here}/error.log error;\n\
             events {{ worker_connections 8192; }}\n\
             http {{\n\
             access_log off; client_body_temp_path {here}/body; proxy_temp_path {here}/proxy;\n\
             fastcgi_temp_path {here}/fastcgi; uwsgi_temp_path {here}/uwsgi; scgi_temp_path {here}/scgi;\n\
             keepalive_requests 1000000000; tcp_nodelay on;\n\
             upstream worker {{ server {upstream}; keepalive 512; keepalive_requests 1000000000; }}\n\
             server {{ listen {authority} backlog=4096; location / {{\n\
             proxy_pass http://worker; proxy_http_version 1.1; proxy_set_header Connection \"\"; proxy_buffering off;\n\
             proxy_read_timeout 300s; }} }} }}\n"
        );
        let file = directory.path().join("nginx.conf");
        std::fs::write(&file, configuration)?;
        let process = Command::new(program)
            .arg("-c")
            .arg(&file)
            .args(["-e", "stderr"])
            .stdin(Stdio::null())
            .spawn()
            .with_context(|| format!("starting {}", program.display()))?;
        let nginx = Self {
            process,
            authority,
            _directory: directory,
        };
        nginx.answers().await?;
        Ok(nginx)
    }

    pub fn process_id(&self) -> u32 {
        self.process.id()
    }

    async fn answers(&self) -> anyhow::Result<()> {
        for _ in 0..100 {
            if tokio::net::TcpStream::connect(&self.authority).await.is_ok() {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        bail!("nginx does not answer")
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        if let Ok(id) = i32::try_from(self.process.id()) {
            crate::processes::terminate(id);
        }
        let _ = self.process.wait();
    }
}
