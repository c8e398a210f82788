"""Groups that the keys of the shell belong to; `?` shows the keys by them."""

from textual.binding import Binding

HERE = Binding.Group("This pane")
ASKS = Binding.Group("These ask first")
EVERYWHERE = Binding.Group("Everywhere")
