"""info_sys: asks many sources a question at once and keeps the best answers."""
