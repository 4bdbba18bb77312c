"""How good the default is on tables, compared with boosted trees and other networks."""
