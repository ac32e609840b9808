//! A mail server that takes everything: just enough SMTP (RFC 5321) to see what customers would read.

use super::world::{Mail, World};
use std::sync::Arc;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

/// Bytes of one mail.
const MAIL_MAX: u64 = 1024 * 1024;

/// Serves until the task is dropped.
pub(super) async fn serve(world: Arc<World>, listener: TcpListener) {
    while let Ok((stream, _)) = listener.accept().await {
        let world = Arc::clone(&world);
        tokio::spawn(async move {
            if let Err(error) = talk(&world, stream).await {
                tracing::debug!(%error, "a mail client went away");
            }
        });
    }
}

async fn talk(world: &World, mut stream: TcpStream) -> std::io::Result<()> {
    let (read, mut write) = stream.split();
    let mut lines = BufReader::new(read.take(MAIL_MAX));
    write.write_all(b"220 sandbox ESMTP\r\n").await?;
    let (mut from, mut to) = (String::new(), Vec::new());
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let command = line.trim_end().to_ascii_uppercase();
        let answer = match command.split([' ', ':']).next().unwrap_or_default() {
            "EHLO" | "HELO" | "NOOP" => "250 sandbox",
            "MAIL" => {
                (from, to) = (address(&line), Vec::new());
                "250 ok"
            }
            "RCPT" => {
                to.push(address(&line));
                "250 ok"
            }
            "RSET" => {
                (from, to) = (String::new(), Vec::new());
                "250 ok"
            }
            "DATA" if to.is_empty() => "503 nobody to give it to",
            "DATA" => {
                write.write_all(b"354 go on\r\n").await?;
                let content = content(&mut lines).await?;
                world.mail(Mail { from: std::mem::take(&mut from), to: std::mem::take(&mut to), content });
                "250 taken"
            }
            "QUIT" => {
                write.write_all(b"221 bye\r\n").await?;
                return Ok(());
            }
            _ => "502 not here",
        };
        write.write_all(format!("{answer}\r\n").as_bytes()).await?;
    }
}

/// What stands between the angle brackets.
fn address(line: &str) -> String {
    let inside = line.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
    inside.map_or_else(String::new, |(address, _)| address.to_owned())
}

/// Up to the line with the dot; dots that were doubled on the way are single again.
async fn content(lines: &mut (impl AsyncBufReadExt + Unpin)) -> std::io::Result<String> {
    let mut content = String::new();
    loop {
        let mut line = Vec::new();
        if lines.read_until(b'\n', &mut line).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        let line = String::from_utf8_lossy(&line);
        match line.strip_prefix('.') {
            Some("\r\n" | "\n") => return Ok(content),
            Some(rest) => content.push_str(rest),
            None => content.push_str(&line),
        }
    }
}
