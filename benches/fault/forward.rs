//! One address that leads to another, which changes: what a name, a proxy or a floating address is to a real house.

use anyhow::Result;
use std::net::SocketAddr;
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
};

/// Ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Forward {
    pub(crate) address: SocketAddr,
    to: watch::Sender<Option<u16>>,
    task: JoinHandle<()>,
}

impl Forward {
    /// Leads nowhere yet.
    pub(crate) async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (to, leads) = watch::channel(None);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(carry(stream, leads.clone()));
            }
        });
        Ok(Self { address, to, task })
    }

    /// From now on to this port of this machine; every connection there is ends.
    pub(crate) fn lead_to(&self, port: Option<u16>) {
        self.to.send_replace(port);
    }
}

impl Drop for Forward {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn carry(mut stream: TcpStream, mut leads: watch::Receiver<Option<u16>>) {
    let Some(port) = *leads.borrow_and_update() else { return };
    let Ok(mut to) = TcpStream::connect(("127.0.0.1", port)).await else { return };
    tokio::select! {
        // However it ends, both sides see it.
        _ended = copy_bidirectional(&mut stream, &mut to) => {}
        _changed = leads.changed() => {}
    }
}
