//! Partners of the bench: one that answers at once and remembers what it was told, and ones that are as good as dead.

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use anyhow::{Context as _, Result};
use std::{
    net::{SocketAddr, TcpListener},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::io::AsyncWriteExt as _;

/// Bytes the dripping partner promises, and the pause between two of them.
const DRIP: (usize, Duration) = (1000, Duration::from_millis(500));

/// The keys of the writes done, in the order in which they came.
#[derive(Clone, Debug, Default)]
pub(crate) struct Heard(Arc<Mutex<Vec<String>>>);

impl Heard {
    pub(crate) fn count(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn note(&self, key: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(key.to_owned());
    }
}

/// Starts the fast partner; it lives as long as the process.
pub(crate) fn start() -> Result<(SocketAddr, Heard)> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let heard = Heard::default();
    let told = web::Data::new(heard.clone());
    let server = HttpServer::new(move || {
        App::new().app_data(told.clone()).route("/{collection}/{id}", web::put().to(write)).route(
            "/{collection}/{id}",
            // Only asked about what nobody knows the outcome of: nothing here is ever left so.
            web::get().to(HttpResponse::NotFound),
        )
    });
    // Its worker is a thread of its own.
    tokio::spawn(server.workers(1).disable_signals().listen(listener)?.run());
    Ok((address, heard))
}

async fn write(request: HttpRequest, heard: web::Data<Heard>, at: web::Path<(String, String)>) -> HttpResponse {
    let key = request.headers().get("idempotency-key").and_then(|key| key.to_str().ok()).unwrap_or_default();
    heard.note(key);
    let body = format!(r#"{{"id":"{}","number":"1","key":"{key}"}}"#, at.1);
    HttpResponse::Ok().content_type("application/json").body(body)
}

/// Starts a partner that promises an answer and lets it come by the byte.
pub(crate) fn dripping() -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    listener.set_nonblocking(true)?;
    let listener = tokio::net::TcpListener::from_std(listener).context("a listener")?;
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", DRIP.0);
                let mut alive = stream.write_all(head.as_bytes()).await.is_ok();
                while alive {
                    tokio::time::sleep(DRIP.1).await;
                    alive = stream.write_all(b" ").await.is_ok();
                }
            });
        }
    });
    Ok(address)
}
