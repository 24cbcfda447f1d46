"""What is served."""

from django.urls import path

from books import views

urlpatterns = [
    path("loans/", views.loans),
]
