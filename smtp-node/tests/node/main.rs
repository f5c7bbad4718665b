//! A whole node, from SMTP in to SMTP out and to the API. The time is moved, not waited for; destination servers and
//! the API's server run in the test.

#[cfg(test)]
mod api;
#[cfg(test)]
mod authentication;
#[cfg(test)]
mod callouts;
#[cfg(test)]
mod carried;
#[cfg(test)]
mod delivery;
#[cfg(test)]
mod destination;
#[cfg(test)]
mod dns;
#[cfg(test)]
mod floods;
#[cfg(test)]
mod full_disk;
#[cfg(test)]
mod mail;
mod notifications;
#[cfg(test)]
mod running;
#[cfg(test)]
mod scanned;
#[cfg(test)]
mod settled;
#[cfg(test)]
mod telling;
#[cfg(test)]
mod vectors;
