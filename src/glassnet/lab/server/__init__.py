"""The lab's server: pages, connections, what they may send, and what outlasts a restart."""
