//! The way from a path to what it leads to, links followed.
//!
//! Where a link leads is kept with it. So each link of a tree is followed once, whatever asks and
//! however often, and all of that together takes no longer than the targets of links are long.

use std::collections::HashSet;

use oarlock_plugin::{ReadError, TreePath};

use super::{Archive, Content, Id, ROOT};

/// The most links on the way to a place, as in Linux.
const MAX_LINKS: u32 = 40;

/// What a way leads to, and how many links are on it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Led {
    to: Result<Id, Lost>,
    links: u32,
}

/// Why a way leads nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lost {
    /// There is nothing.
    Absent,
    /// It leaves the tree.
    Outside,
    /// It goes round in circles, or through too many links.
    Endless,
}

/// A way that is being walked.
struct Way<'a> {
    /// The link whose target it is; none of the way that was asked for.
    link: Option<Id>,
    here: Id,
    parts: std::str::Split<'a, char>,
    links: u32,
}

impl Archive {
    /// What a path leads to. Never a link.
    pub(super) fn resolve(&self, path: &TreePath) -> Result<Id, ReadError> {
        self.walk(None, ROOT, path.as_str()).to.map_err(|lost| match lost {
            Lost::Absent => ReadError::NotFound,
            Lost::Outside => {
                ReadError::Refused(format!("`{path}` leads out of the repository through a link"))
            }
            Lost::Endless => ReadError::Refused(format!("`{path}` is a link that leads to itself")),
        })
    }

    /// What a link leads to. Never a link; another node leads to itself.
    pub(super) fn follow(&self, id: Id) -> Result<Id, Lost> {
        let Content::Link(link) = self.content(id) else { return Ok(id) };
        if let Some(led) = link.led.get() {
            return led.to;
        }
        self.walk(Some(id), self.nodes[id as usize].parent, &link.target).to
    }

    /// Walks a way, and those of the links on it that nobody followed before. Not by recursion:
    /// links may lead to links without end.
    fn walk(&self, link: Option<Id>, start: Id, text: &str) -> Led {
        let mut ways = vec![Way::new(link, start, text)];
        let mut walked: HashSet<Id> = link.into_iter().collect();
        let mut steps = 0;
        let led = loop {
            let Some(way) = ways.last_mut() else { break Led { to: Err(Lost::Absent), links: 0 } };
            let mut led = match way.parts.next() {
                None => Led { to: Ok(way.here), links: way.links },
                Some(part) => {
                    steps += 1;
                    match self.step(way.here, part) {
                        Ok(next) => {
                            let Content::Link(link) = self.content(next) else {
                                way.here = next;
                                continue;
                            };
                            match link.led.get() {
                                Some(led) => {
                                    way.pass(*led);
                                    match led.to {
                                        Ok(_) if way.links <= MAX_LINKS => continue,
                                        Ok(_) => Led { to: Err(Lost::Endless), links: way.links },
                                        Err(lost) => Led { to: Err(lost), links: way.links },
                                    }
                                }
                                None if link.target.starts_with('/') => {
                                    let _ = link.led.set(Led { to: Err(Lost::Outside), links: 0 });
                                    Led { to: Err(Lost::Outside), links: way.links + 1 }
                                }
                                None if walked.insert(next) => {
                                    let from = self.nodes[next as usize].parent;
                                    ways.push(Way::new(Some(next), from, &link.target));
                                    continue;
                                }
                                None => Led { to: Err(Lost::Endless), links: way.links },
                            }
                        }
                        Err(lost) => Led { to: Err(lost), links: way.links },
                    }
                }
            };
            // The way ends. Those that it is a part of go on, or end with it.
            loop {
                if led.links > MAX_LINKS {
                    led.to = Err(Lost::Endless);
                }
                let link = ways.pop().and_then(|way| way.link);
                if let Some(link) = link
                    && let Content::Link(link) = self.content(link)
                {
                    let _ = link.led.set(led);
                }
                let Some(outer) = ways.last_mut() else { break };
                outer.pass(led);
                led.links = outer.links;
                if led.to.is_ok() && led.links <= MAX_LINKS {
                    break;
                }
            }
            if ways.is_empty() {
                break led;
            }
        };
        self.stepped(steps);
        led
    }

    /// One part of a path from a place.
    fn step(&self, here: Id, part: &str) -> Result<Id, Lost> {
        if part.is_empty() {
            return Ok(here);
        }
        // What is no directory has nothing below it.
        let Content::Folder(folder) = self.content(here) else { return Err(Lost::Absent) };
        match part {
            "." => Ok(here),
            ".." if here == ROOT => Err(Lost::Outside),
            ".." => Ok(self.nodes[here as usize].parent),
            name => folder.children.get(name).copied().ok_or(Lost::Absent),
        }
    }

    #[cfg(test)]
    fn stepped(&self, steps: u64) {
        self.steps.fetch_add(steps, std::sync::atomic::Ordering::Relaxed);
    }

    #[cfg(not(test))]
    #[allow(clippy::unused_self)]
    fn stepped(&self, _: u64) {}
}

impl<'a> Way<'a> {
    fn new(link: Option<Id>, here: Id, text: &'a str) -> Self {
        Self { link, here, parts: text.split('/'), links: 0 }
    }

    /// Goes on from where a link led.
    fn pass(&mut self, led: Led) {
        self.links = self.links.saturating_add(led.links).saturating_add(1);
        if let Ok(place) = led.to {
            self.here = place;
        }
    }
}
