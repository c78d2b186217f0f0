//! Serves a page with the state of the board. With --healthy: is another one of us doing so?
mod status;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::time::Duration;
use std::{env, io, process};

const PATIENCE: Duration = Duration::from_secs(5);

fn port() -> u16 {
    env::var("PORT").ok().and_then(|port| port.parse().ok()).unwrap_or({{ port }})
}

fn healthy() -> io::Result<()> {
    let mut client = TcpStream::connect(("127.0.0.1", port()))?;
    let mut start = [0; 12];
    client.set_read_timeout(Some(PATIENCE))?;
    client.write_all(b"GET / HTTP/1.0\r\n\r\n")?;
    client.read_exact(&mut start)?;
    if start.ends_with(b"200") { Ok(()) } else { Err(io::ErrorKind::Other.into()) }
}

fn answer(mut client: TcpStream) -> io::Result<()> {
    client.set_read_timeout(Some(PATIENCE))?;
    let _ = client.read(&mut [0; 2048])?;
    let page = status::read(Path::new("/proc"))?.page();
    write!(
        client,
        "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nConnection: close\r\n\
         Content-Length: {}\r\n\r\n{page}",
        page.len()
    )
}

fn serve() -> io::Result<()> {
    let listener = TcpListener::bind(("0.0.0.0", port()))?;
    println!("the page is at port {}", port());
    for client in listener.incoming() {
        if let Err(error) = client.and_then(answer) {
            eprintln!("{error}");
        }
    }
    Ok(())
}

fn main() {
    let result = if env::args().any(|word| word == "--healthy") { healthy() } else { serve() };
    if let Err(error) = result {
        eprintln!("{error}");
        process::exit(1);
    }
}
