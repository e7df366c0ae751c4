"""``strongroom connection wizard`` at a terminal. What is asked, ``service.wizard`` says."""
