//! How the board does.
use std::{fs, io, path::Path};

#[derive(Debug, PartialEq)]
pub struct Status {
    pub uptime: f64, // seconds
    pub load: f64,
    pub available_mib: u64, // memory that programs could still get
}

fn invalid(name: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("{name} is not what it should be"))
}

fn first_number(text: &str) -> Option<f64> {
    text.split_whitespace().next()?.parse().ok()
}

fn available_mib(meminfo: &str) -> Option<u64> {
    let rest = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kib: u64 = rest.split_whitespace().next()?.parse().ok()?;
    Some(kib / 1024)
}

/// From files of the form of those in /proc.
pub fn read(proc: &Path) -> io::Result<Status> {
    Ok(Status {
        uptime: first_number(&fs::read_to_string(proc.join("uptime"))?).ok_or_else(|| invalid("uptime"))?,
        load: first_number(&fs::read_to_string(proc.join("loadavg"))?).ok_or_else(|| invalid("loadavg"))?,
        available_mib: available_mib(&fs::read_to_string(proc.join("meminfo"))?)
            .ok_or_else(|| invalid("meminfo"))?,
    })
}

impl Status {
    pub fn page(&self) -> String {
        format!(
            "<!doctype html><meta http-equiv=\"refresh\" content=\"5\"><title>Board</title>\n\
             <h1>up {:.0} s</h1>\n<p>load {:.2}, {} MiB of memory left</p>\n",
            self.uptime, self.load, self.available_mib
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_says_how_the_board_does() {
        let status = Status { uptime: 3600.42, load: 0.25, available_mib: 512 };
        assert!(status.page().contains("up 3600 s"));
        assert!(status.page().contains("load 0.25, 512 MiB of memory left"));
    }

    #[test]
    fn memory() {
        assert_eq!(available_mib("MemTotal: 1024000 kB\nMemAvailable:   524288 kB\n"), Some(512));
        assert_eq!(available_mib("MemTotal: 1024000 kB\n"), None);
    }
}
